// Marks a picture as loaded, to hide the placeholder behind it. Runs in the head, before the first
// picture. Listens on the document, since `load` events of elements do not reach the window.
document.addEventListener("load", ({ target }) => {
  if (target.className === "real") target.closest(".art").classList.add("there");
}, true);
