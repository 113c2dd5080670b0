// Where one is stands in the address: #flow, #flow/node, #flow/node/contact.

import { seg } from "../shared/api.js";

/** Return the address of a place in this page. */
export const place = (...parts) => `#${parts.map(seg).join("/")}`;

/** Return what the address names, part by part. */
export const placeOf = () => location.hash.slice(1).split("/").map(decoded);

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // typed by hand
  }
}
