// SPDX-License-Identifier: Apache-2.0
// Elements of the page. Names of accounts come from strangers: text is only ever set as text, and an element is
// touched only if what it shows has changed.

export const byId = (id) => document.getElementById(id);

// element("p", {class: "aside", title: "…"}, "text", child, …)
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, value);
  }
}

export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

// Makes the children of `parent` those for `items`, in their order: nodes with a known key stay, so that focus and
// selection do. `make(item)` gives a node, `update(node, item)` brings it up to date.
export function reconcile(parent, items, keyOf, make, update) {
  const known = parent.knownNodes ?? (parent.knownNodes = new Map());
  const wanted = new Set();
  let place = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    if (wanted.has(key)) continue;
    wanted.add(key);
    let node = known.get(key);
    if (!node) known.set(key, (node = make(item)));
    update(node, item);
    if (node === place) {
      place = place.nextSibling;
    } else {
      parent.insertBefore(node, place);
    }
  }
  for (const [key, node] of known) {
    if (wanted.has(key)) continue;
    known.delete(key);
    node.remove();
  }
}

// What the reader has chosen, kept for the next visit where the browser allows that.
export function remembered(name, otherwise) {
  try {
    return localStorage.getItem(`cgtally.${name}`) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`cgtally.${name}`, value);
  } catch {
    // a private window: chosen for this visit
  }
}
