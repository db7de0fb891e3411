//! Texts of critiques, by the subject of the picture, and general ones.
//!
//! Each names something visible in any picture of its subject, says why it works or does not, and
//! what to try.

use crate::words::Subject;

/// Critiques for each subject; each subject occurs once.
pub const CRITIQUES: &[(Subject, &[&str])] = &[
    (
        Subject::Mountains,
        &[
            "The step in value from ridge to ridge does all the work here, and it works. I would make the last two steps *unequal*: a bigger jump before the foreground would push the distance further back.",
            "Lovely air in the valleys. The mist at the foot of each ridge is of one softness, though; let it dissolve one ridge completely and the rest will feel more solid.",
            "The firs give scale at once. They stand at rather even heights, so try **one tall group** off-centre and let the others be hints.",
            "I like how the warmth stays in the sky and only touches the far slopes. A trace of it on one nearer crest would tie the halves together.",
            "Your ridgelines share a rhythm: peak, dip, peak. Flattening one into a long slope would give the eye a place to rest.",
        ],
    ),
    (
        Subject::Seascape,
        &[
            "The broken path of light is convincing because the strokes lengthen towards us. I would lose a few at its sides, so that the brightest passage is also the *calmest*.",
            "The boat is well placed against the glow. Could its sail catch a thin edge of moonlight? It would explain the light and sharpen the focus in one touch.",
            "Good restraint in the water away from the moon. The headland is a little even in tone; a slightly lighter far point would give it distance.",
            "- The horizon is soft where the light meets it: **yes**.\n- The clouds near the moon are a bit alike in size.\n- The darkest corner could be darker still, to frame the light.",
            "I feel the stillness you are after. The moon's edge is the hardest edge in the picture; a breath of halo on one side would settle it into the sky.",
        ],
    ),
    (
        Subject::StillLife,
        &[
            "The fruit turns beautifully: light, halftone, core shadow and a hint of bounce from the table. The highlights are all equally bright; keep one and *mute* the others.",
            "The bottle gives the group the height it needs. Its edge is as crisp as the fruit in front, so soften it and it will step back behind the bowl.",
            "Cast shadows agree about the light, which is rarer than it should be. Make them **darker right at the contact** and lighter as they leave.",
            "I believe in the bowl, thanks to the lip catching light. The stripe follows the form well; let it fade more on the shadow side.",
            "The single fruits on the table are spaced rather evenly. Moving one until it almost touches its neighbour would make a little story.",
            "A warm table and a quieter wall: a good stage. I would let one colour of the fruit turn up, greyed, in the background.",
        ],
    ),
    (
        Subject::Portrait,
        &[
            "The profile reads instantly, even as a thumbnail. The disc behind the head is doing the lighting for you, which is a clever way to keep the face *flat* and still alive.",
            "The closed eye and the small mouth say calm. The neck is a touch long for the shoulders; shortening it slightly would keep that calm and lose the stiffness.",
            "I enjoy the paper shadows: just enough to tell the layers apart. The leaves are all of one gesture, so try **turning one sprig inward** to lead back to the face.",
            "Great economy in the features. The jaw shadow is the only modelled passage, and I would either repeat that trick once more or leave it out.",
            "Hair, disc and garment make three big shapes of different size: a strong plan. The earring is a perfect small accent; nothing else should compete with it.",
        ],
    ),
    (
        Subject::Linocut,
        &[
            "The gouge marks radiate around the plant and give the still subject some energy. Near the corners they get dense; clear a few so the *leaves* stay the busiest part.",
            "Clean decision to leave the leaves white and vein them in ink. Vary the veins a little: heavier at the midrib, nearly nothing at the tip.",
            "The dark line around each leaf separates the overlaps well. Where three leaves meet it becomes a tangle, and I would let two of them **merge**.",
            "The speckle in the flat areas is honest hand-printing and I would keep it. For the next proof, try slightly less pressure at the border.",
            "Nice asymmetry in the stems. They all start at the same height, though; hiding one foot behind another would make it feel like a plant rather than a specimen.",
        ],
    ),
    (
        Subject::Flow,
        &[
            "I entered along the widest ribbon and was carried nearly to the edge before anything stopped me. One *counter-current* there would turn me back into the picture.",
            "The mix of widths is the strength: broad bands for rest, hairlines for speed. I would keep the thinnest ones to a single region.",
            "The colour gathers into families, so the pattern never falls apart into noise. A **larger quiet area** would make the crowded parts feel more crowded.",
            "Blunt ends where ribbons stop make little staccato accents. I like them; just watch for three in a row, which starts to look like a seam.",
            "The dry-brush streaks inside the bands are lovely up close. From afar the values sit near each other, so try pushing the two darkest colours further down.",
        ],
    ),
    (
        Subject::Bauhaus,
        &[
            "Strong sense of balance without symmetry. The heaviest shape could be *closer to the edge*: it would raise the tension you seem to want.",
            "The limited palette is well spread, and black holds it together. I would use the warmest colour **once less**, so its last appearance counts.",
            "I like that the shapes have different jobs: anchors, arrows, echoes. The smallest circles are echoes; could one of them break the pattern in size?",
            "The worn texture keeps the flats from looking mechanical. The margins feel generous and right.",
            "Stripes against solids make a good change of pace. Try varying the thickness of the stripes, even slightly, so they do not read as a stock pattern.",
        ],
    ),
    (
        Subject::City,
        &[
            "The rows of buildings separate clearly because they get darker as they come nearer. The middle rows are close in value; another half step between them would **open the depth**.",
            "Windows lit by floor rather than at random make it believable. A few cooler ones would suggest *people* instead of lamps.",
            "The reflection is calm and slightly darker than the city, as it should be. Stretch the brightest streaks a little longer and the water will gain movement.",
            "Good skyline: it rises, peaks and falls away. The highest block sits almost alone; give it one companion to make a cluster.",
            "The moon and the lamps compete a little. Dimming the moon by a fifth would give the night back to the windows.",
        ],
    ),
    (
        Subject::Wash,
        &[
            "The rims where the paint dried are delicious, and you had the nerve to leave them alone. The large flower has *two* dark petals side by side; lifting one would open it up.",
            "Transparent overlaps in the petals show real control. The stems meet almost in one point at the bottom, so let one leave the page on its own.",
            "The background wash with its ragged edge frames the bloom without boxing it in. I would **echo the petal colour** once more in the lower half.",
            "Good hierarchy: one big flower, one middling, one small. The spatter is charming, but three drops fewer would look less deliberate.",
            "- Centres: crisp and dark, just right.\n- Petals: lovely granulation.\n- Leaves: a bit alike; let one turn its edge to us.",
        ],
    ),
    (
        Subject::Hatching,
        &[
            "The strokes wrap around the round form and *describe* it, which is the whole point of the exercise. In the darkest part the layers cross nearly at right angles; a narrower angle looks less like a grid.",
            "Clear light direction and a believable cast shadow. Its far end should be **softer and paler** than where it touches the solid.",
            "Darkening the wall behind the lit side is an old trick, and you use it well. Let that tone fade sooner to the right.",
            "I like how the outline disappears on the light side and returns in shadow. Do it more! Lost edges are your friends here.",
            "Even spacing and steady pressure: the tone is very clean. To practise next, try getting the same range with two layers instead of four.",
            "The group overlaps nicely and makes one shape. The table has little tone on the left, so the nearest solid floats a bit there.",
        ],
    ),
    (
        Subject::Weave,
        &[
            "The bands change scale in a good rhythm: broad, narrow, broad. I would repeat the *narrowest* band once more to hold the ends together.",
            "The stepped edges are crisp and the tension looks even from selvedge to selvedge. Beautiful work. The side border is a shade strong for the quieter bands.",
            "Slight drift in the dye gives the flat areas life, like light moving over grass. Please keep it in the next one.",
            "The pattern mirrors exactly around the middle. **One deliberate break**, even a single motif in another colour, would make it yours.",
            "The lightest wool draws the eye first, and you have placed it well. Consider the fringe as part of the palette too: a darker one would frame the piece.",
        ],
    ),
    (
        Subject::Contours,
        &[
            "The shadows make me want to touch it. They all fall one way, which sells the *layers*; just check the narrow gaps, where they close up into black.",
            "The colour steps are well judged from low to high. The middle tones take most of the area, so a **bigger jump** at one level would give a focal point.",
            "The fine lines between the cuts add scale: suddenly it is a landscape. I would drop them in the lowest level and let it be water.",
            "The large quiet plain against the crowded slopes is the best contrast here. Could the crop give that plain even more room?",
            "The pale mount suits it. The shapes touch the frame on every side, so the land feels endless, and that fits the idea nicely.",
        ],
    ),
];

/// Critiques that fit any picture.
pub const GENERAL: &[&str] = &[
    "I squinted at it until only the big shapes were left, and they still hold. That is a sound foundation; now you can afford to *lose* some detail.",
    "What I notice first is the contrast of sizes. Push it: make the largest thing a bit larger, and the smallest can stay as it is.",
    "The palette feels considered. Try a copy in greyscale to see whether the values carry it without the colour.",
    "The edges are nearly all of one sharpness. Choose **one place** where they are crisp and soften them as they move away from it.",
    "My eye goes round the picture and comes back, which means the composition works. The lower left corner is a small exit; something quiet there would close it.",
    "There is a confident hand in this. I would love to see the same subject at half the size and in half the time.",
    "Surface and texture are a pleasure to look at up close. From across the room, the middle values merge a little.",
    "Thank you for saying what you were after; I think you have it. The next step is to ask what the picture *does not need*.",
    "The mood arrives before the subject does. I would protect that and resist adding anything more.",
    "Try turning it upside down for a minute. To me the weight sits slightly to one side, and you may like it better nudged.",
    "Three things I would keep:\n\n1. the restraint in the palette\n2. the clear big shapes\n3. the texture\n\nAnd one I would test: a tighter crop.",
    "The quiet areas are as good as the busy ones, and that is hard. Let them be **bigger**.",
    "I keep coming back to the place where the lightest light meets the darkest dark. Make sure it is where you want me.",
    "Consistent light, consistent touch: it all belongs together. A single accent that breaks the rule might wake it up.",
    "This has grown on me over two days of looking. The rhythm of the repeats is subtle, and I would not make it any louder.",
    "The proportions of the format suit the subject. Did you try others? A slightly narrower one might add some tension.",
    "I can tell which parts you enjoyed making. The rest is well done too, but give it a little of the same *looseness*.",
    "Good separation of front and back. If you want still more depth, take some saturation out of what lies behind.",
    "It is a clear idea, clearly shown. As a series of three, with one thing changed each time, it could be really strong.",
    "Small thing: the intervals between the main shapes are close to equal. Vary them and the whole will start to breathe.",
];
