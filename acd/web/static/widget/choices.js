// Answers that are offered with a message, as buttons below it. They are there while the flow that
// offers them waits for one, and gone once something is answered, in words or by a press.

/** Keeps which answers are offered, and what those already given are called. */
export class Choices {
  #offered = [];
  #drawn = ""; // what the buttons say now
  #given = new Map(); // id of a message of the customer to the label of what it chose

  /** A message came, the customer's own included: it ends what was offered before it. */
  take({ id, author, text, choices = [] }) {
    if (author === "customer") this.#note(id, text);
    this.#offered = author === "customer" ? [] : choices;
  }

  /** Something is on its way to the server: an answer to what is offered, perhaps. */
  send({ id, text }) {
    this.#note(id, text);
    this.#offered = [];
  }

  /** What a message of the customer is shown as: the label of what they chose, or their words. */
  shown({ id, text }) {
    return this.#given.get(id) ?? text;
  }

  /** Draw the buttons into `box`, or nothing; `choose` is called with the key of the one pressed. */
  draw(box, isAsked, choose) {
    const wanted = isAsked ? this.#offered : [];
    const drawn = JSON.stringify(wanted);
    if (drawn === this.#drawn) return; // whoever stands on a button stays there
    this.#drawn = drawn;
    box.hidden = !wanted.length;
    box.replaceChildren(...wanted.map(({ key, label }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.dir = "auto";
      button.textContent = label;
      button.addEventListener("click", () => choose(key));
      return button;
    }));
  }

  #note(id, text) {
    const chosen = this.#offered.find(({ key }) => key === text);
    if (chosen && !this.#given.has(id)) this.#given.set(id, chosen.label);
  }
}
