// Marks a picture that is there, so that its stand-in no longer shows through it. In the head: no picture comes before it.
addEventListener("load", ({ target }) => {
  if (target.className === "real") target.closest(".art").classList.add("there");
}, true);
