// The API's client. Every page asks through it: one place for errors, CSRF and the session's end.

/** What the server said no to. `code` is stable, `message` is for people (English). */
export class ApiError extends Error {
  constructor(status, code, message, details = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }

  /** Whether asking again may help: nobody answered, or the server is in trouble. */
  get isPassing() {
    return this.status === 0 || this.status >= 500 || this.status === 429;
  }
}

const TIMEOUT_MS = 15_000;
let csrf = "";

/** Emits "signed-out" when the server no longer knows our session. */
export const session = new EventTarget();

/** Remember the token that proves a request comes from our page. */
export function useCsrf(token) {
  csrf = token || "";
}

async function ask(method, path, body) {
  const headers = {};
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  if (body !== undefined && !(body instanceof FormData)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method, headers, body, credentials: "same-origin", signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new ApiError(0, "unreachable", "The server cannot be reached.");
  }
  const text = await response.text();
  let document = null;
  try {
    document = text ? JSON.parse(text) : null;
  } catch {
    throw new ApiError(response.status, "not-json", response.statusText);
  }
  if (response.ok) return document;
  const { code = "error", message = response.statusText, details = {} } = document?.error ?? {};
  if (response.status === 401 && path !== "/session") session.dispatchEvent(new Event("signed-out"));
  throw new ApiError(response.status, code, message, details);
}

export const api = {
  get: (path) => ask("GET", path),
  post: (path, body) => ask("POST", path, body),
  put: (path, body) => ask("PUT", path, body),
  patch: (path, body) => ask("PATCH", path, body),
  delete: (path) => ask("DELETE", path),
};

/** Make one segment of a path of whatever text. */
export const seg = encodeURIComponent;
