//! The artworks of a demo: four of each subject.
//!
//! A title names only what every picture of its subject shows; colours, for example, are random.

use crate::words::{Piece, Subject};

const fn piece(subject: Subject, title: &'static str, description: &'static str) -> Piece {
    Piece {
        title,
        description,
        subject,
    }
}

/// All artworks of the demo; neighbours have different subjects.
pub const PIECES: &[Piece] = &[
    piece(
        Subject::Mountains,
        "Seven Ridges",
        "Oil on canvas, 70 × 47 cm. I wanted depth from **value alone**; does the farthest ridge sit back far enough?",
    ),
    piece(
        Subject::Portrait,
        "Profile with Leaves",
        "Cut and painted paper. I am unsure about the balance between the figure and the foliage. Honest thoughts on the silhouette, please.",
    ),
    piece(
        Subject::Seascape,
        "The Last Boat In",
        "Oil, painted over three evenings. Is the boat the focus, or does the moon win?",
    ),
    piece(
        Subject::Linocut,
        "Hedgerow, First State",
        "Linocut, first proof of an edition of twelve. Before I cut any further: is the *ground* too busy near the border?",
    ),
    piece(
        Subject::Bauhaus,
        "Study in Tension No. 4",
        "Screenprint in five colours. Looking for comments on balance and on the empty areas.",
    ),
    piece(
        Subject::Wash,
        "Three in Bloom",
        "Watercolour on cold-pressed paper, wet in wet. Did I stop in time, or are the centres overworked?",
    ),
    piece(
        Subject::City,
        "Night Shift",
        "Digital painting. I would love feedback on the lights: believable, or scattered like confetti?",
    ),
    piece(
        Subject::Hatching,
        "Solids by a North Window",
        "Pen and ink with chalk on prepared paper. An exercise for my drawing class; please be strict about **form and cast shadow**.",
    ),
    piece(
        Subject::Flow,
        "Undertow",
        "Acrylic on panel. The ribbons never cross, which was the only rule. Where does your eye enter, and does it get out again?",
    ),
    piece(
        Subject::StillLife,
        "Bowl, Bottle, Fruit",
        "Oil on linen. I kept the light from one side throughout. Do the shadows anchor things to the table?",
    ),
    piece(
        Subject::Weave,
        "Hearth Rug",
        "Handwoven wool on a cotton warp, about 90 × 120 cm. I am thinking of a second one: which band would you keep?",
    ),
    piece(
        Subject::Contours,
        "Map of a Place I Dreamt",
        "Layered paper, laser cut, with drawn lines. Does it read as *depth*, or just as pattern?",
    ),
    piece(
        Subject::Mountains,
        "Before the Valley Wakes",
        "Oil sketch made from a dozen pencil notes. Mostly after advice on edges: where should I soften?",
    ),
    piece(
        Subject::Flow,
        "Murmur",
        "Gouache and ink. Part of a series about crowds; I want it to feel busy but not anxious. Does it?",
    ),
    piece(
        Subject::Seascape,
        "Moon Road",
        "Oil on canvas board. The broken reflection took longer than all the rest, and I can no longer see it. Too many strokes?",
    ),
    piece(
        Subject::Portrait,
        "Eyes Closed, Listening",
        "Paper collage. I tried to say calm with as few shapes as possible. Which shape could still go?",
    ),
    piece(
        Subject::Hatching,
        "Homework: Three Forms",
        "Fineliner, two evenings. I am **new to cross-hatching**, so anything about direction and spacing of lines helps.",
    ),
    piece(
        Subject::Wash,
        "What the Rain Left",
        "Watercolour, half sheet. I let the background run on its own. Does it support the flowers or fight them?",
    ),
    piece(
        Subject::Bauhaus,
        "Signal",
        "Gouache on toned paper. After a week of looking at old exhibition posters. What would you take away?",
    ),
    piece(
        Subject::Contours,
        "Low Water",
        "Generative drawing, printed on cotton rag. Feedback on the palette steps, please: is any one jump too large?",
    ),
    piece(
        Subject::City,
        "The River Keeps the Lights",
        "Digital, 1400 px wide. The reflection is meant to be half of the story. Is it too dim?",
    ),
    piece(
        Subject::StillLife,
        "Sunday Table",
        "Oil, alla prima in one sitting. I would like to know if the bowl looks round and if the fruit has *weight*.",
    ),
    piece(
        Subject::Linocut,
        "What Grows by the Wall",
        "One-block linocut, hand-burnished. The patchy inking is partly on purpose. Charming or careless?",
    ),
    piece(
        Subject::Weave,
        "Grandmother's Steps",
        "Kilim after a pattern I remember from childhood, with changes. How do the band widths feel to you?",
    ),
    piece(
        Subject::Portrait,
        "Woman in a Round Light",
        "Gouache and cut paper. The disc behind the head is not meant as a halo. Does it read as one?",
    ),
    piece(
        Subject::Mountains,
        "Haze Study",
        "Oil on paper. I limited myself to three tubes and white. Does the temperature shift convince you?",
    ),
    piece(
        Subject::Wash,
        "Meadow Notes",
        "Watercolour and a little patience. Comments on the stems, please: they feel stiff to me.",
    ),
    piece(
        Subject::Seascape,
        "Headland, Full Moon",
        "Oil. Trying to keep **one** light source and let everything else be quiet. Is the headland too flat?",
    ),
    piece(
        Subject::Flow,
        "Current, Warm Side",
        "Acrylic markers on board. I want opinions on the widths: too many sizes, or not enough?",
    ),
    piece(
        Subject::City,
        "Someone Is Still Up",
        "Digital. Every lit window was a small decision. Composition feedback is most welcome.",
    ),
    piece(
        Subject::Bauhaus,
        "Machine for Looking",
        "Collage of printed papers. Does the eye rest anywhere, and is that where it should?",
    ),
    piece(
        Subject::Linocut,
        "Leaves at Night",
        "Linocut on Japanese paper. I would like to hear about the veins: is the line weight varied enough?",
    ),
    piece(
        Subject::Hatching,
        "Weight and Light",
        "Dip pen on tinted paper, chalk for the lights. Are the darkest darks in the right places?",
    ),
    piece(
        Subject::Contours,
        "Nine Levels",
        "Nine sheets of paper and far too much glue. I wonder about the **frame**: should it be narrower?",
    ),
    piece(
        Subject::StillLife,
        "Fruit for a Late Guest",
        "Oil on panel, glazed. The background took five layers. Does it hold air, or is it a wall?",
    ),
    piece(
        Subject::Weave,
        "Winter Loom",
        "Wool, natural dyes, so no two rows agree. Does the drift in the colour please you or annoy you?",
    ),
    piece(
        Subject::Mountains,
        "The Long Way Home",
        "Oil on canvas. The firs went in last and quickly. Should there be fewer of them?",
    ),
    piece(
        Subject::Wash,
        "Loose, At Last",
        "Watercolour. I have tried to loosen up for a *year*. Tell me where I tightened again.",
    ),
    piece(
        Subject::City,
        "Harbour Side, Midnight",
        "Digital painting with a texture pass. I am after depth: do the rows of buildings separate?",
    ),
    piece(
        Subject::Portrait,
        "Quiet Neighbour",
        "Cut paper on board. A gift for a friend, so likeness matters less than mood. What mood do you get?",
    ),
    piece(
        Subject::Hatching,
        "Table Study, Two Hours",
        "Ink. Timed exercise. What should I practise next?",
    ),
    piece(
        Subject::Seascape,
        "Slack Tide",
        "Oil on linen, from memory. I want stillness. Do the clouds disturb it?",
    ),
    piece(
        Subject::Contours,
        "Inland",
        "Pen plotter over painted paper. Do the fine lines add anything, or would the shapes do?",
    ),
    piece(
        Subject::Bauhaus,
        "Weekday Composition",
        "Linocut and stencil, edition of twenty. I would like advice on how the colours are **distributed**.",
    ),
    piece(
        Subject::Flow,
        "All Going Somewhere",
        "Acrylic on canvas, 80 × 80 cm. Should I have left more ground showing?",
    ),
    piece(
        Subject::Linocut,
        "Foraged",
        "Linocut, oil-based ink. The overlap of the leaves was the hard part. Can you read which is in front?",
    ),
    piece(
        Subject::StillLife,
        "Practice with Round Things",
        "Oil. My fifth still life. Please look at *edges*, above all where fruit meets fruit.",
    ),
    piece(
        Subject::Weave,
        "Market Day",
        "Tapestry weave on a floor loom. The fringe is knotted by hand. Is the border too strong?",
    ),
];
