// Marks a picture that is there, so that its stand-in no longer shows through it. In the head: no picture comes before it. On the document,
// since the window never hears that something else has loaded.
document.addEventListener("load", ({ target }) => {
  if (target.className === "real") target.closest(".art").classList.add("there");
}, true);
