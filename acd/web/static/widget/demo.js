// The demo's customer writes a mail, and reads here what comes back. Real sites have no such thing:
// their customers have a mail program.
const EVERY = 2000;
const form = document.querySelector("#demo-mail form");
const said = form.querySelector("[role=status]");
const list = document.querySelector("#demo-answers");
const shown = new Set();
let answers = ""; // id of the mail that the next one answers
let polling = 0;

const kept = sessionStorage.getItem("acd-demo-address");
form.elements.address.value = kept ?? `customer${1000 + Math.floor(Math.random() * 9000)}@example.org`;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, address, subject, text } = Object.fromEntries(new FormData(form));
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const reply = await fetch("/demo/mail", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name, address: address.trim().toLowerCase(), subject, text, answers }),
    });
    if (!reply.ok) throw new Error((await reply.json()).error.message);
    sessionStorage.setItem("acd-demo-address", address.trim().toLowerCase());
    say("Sent. Answers appear below.");
    form.elements.text.value = "";
    await look();
  } catch (error) {
    say(`Not sent: ${error.message}`, true);
  } finally {
    button.disabled = false;
  }
});

function say(text, isBad = false) {
  said.textContent = text;
  said.classList.toggle("bad", isBad);
}

async function look() {
  clearTimeout(polling);
  const address = sessionStorage.getItem("acd-demo-address");
  if (!address) return;
  try {
    const reply = await fetch(`/api/v1/demo/mails?to=${encodeURIComponent(address)}`);
    if (reply.ok) show((await reply.json()).mails);
  } finally {
    polling = setTimeout(() => look().catch(() => null), EVERY);
  }
}

function show(mails) {
  for (const mail of mails.toReversed()) {
    if (shown.has(mail.message_id)) continue;
    shown.add(mail.message_id);
    const item = document.createElement("li");
    const head = document.createElement("strong");
    head.textContent = mail.subject;
    const from = document.createElement("span");
    from.textContent = `${mail.sender_name || mail.sender}${mail.is_automatic ? ", automatically" : ""}`;
    const text = document.createElement("p");
    text.textContent = mail.text;
    item.append(head, from, text);
    list.prepend(item);
    if (!mail.is_automatic) {
      answers = mail.message_id;
      form.elements.subject.value = mail.subject;
    }
  }
  list.hidden = shown.size === 0;
}

look().catch(() => null);
