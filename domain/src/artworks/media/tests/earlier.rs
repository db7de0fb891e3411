//! Works posted by an earlier version, and compatibility of this version's works with that version.

use crate::{
    artworks::media::{EARLIER_WIDTHS, files, picture, renditions::WIDTHS},
    entities::artwork::Model,
};

fn row(media_ext: &str, (width, height): (i32, i32)) -> Model {
    Model {
        id: 1,
        artist_id: 1,
        title: "Dusk".into(),
        description: String::new(),
        media_key: "0".repeat(32),
        media_ext: media_ext.into(),
        width,
        height,
        placeholder: "data:image/webp;base64,".into(),
        critique_count: 0,
        created_at: 0,
        attempt: None,
        description_html: None,
        description_html_key: None,
        version: 1,
        seq: 0,
        full_width: None,
        full_height: None,
        media_files: None,
    }
}

#[test]
fn an_earlier_work_is_shown_with_the_files_it_has() {
    for (size, widths) in [
        ((1_920, 96), vec![480, 960, 1_920]),
        ((700, 500), vec![480, 700]),
        ((100, 700), vec![100]),
    ] {
        let row = row("jpg", size);
        let shown = picture(&row);
        assert_eq!(
            shown
                .sources
                .iter()
                .map(|source| source.width)
                .collect::<Vec<_>>(),
            widths
        );
        assert!(shown.sources.iter().all(|source| source.webp.is_none()));
        assert_eq!(shown.webp_srcset(), None);
        assert_eq!(
            shown.whole().map(|whole| (whole.width, whole.height)),
            Some((shown.width, shown.height))
        );
        assert_eq!(
            files(&row),
            widths
                .iter()
                .map(|width| format!("{width}.jpg"))
                .collect::<Vec<_>>(),
            "all are deleted with it"
        );
    }
    let cut_out = picture(&row("webp", (500, 500)));
    assert!(cut_out.see_through && cut_out.src().ends_with("/500.webp"));
}

#[test]
fn a_work_is_shown_with_the_files_it_lists() {
    let mut row = row("jpg", (1_920, 96));
    (row.full_width, row.full_height) = (Some(6_000), Some(300));
    row.media_files = Some("320.jpg 320.webp 1920.jpg 6000.jpg".into());
    let shown = picture(&row);
    assert_eq!((shown.width, shown.height), (6_000, 300));
    let sources: Vec<_> = shown
        .sources
        .iter()
        .map(|source| (source.width, source.height, source.webp.is_some()))
        .collect();
    assert_eq!(
        sources,
        [(320, 16, true), (1_920, 96, false), (6_000, 300, false)]
    );
    assert_eq!(shown.webp_srcset(), None, "a size is missing in it");
}

#[test]
fn an_earlier_version_finds_the_files_it_expects() {
    for width in 16..4_000 {
        let kept: Vec<u32> = WIDTHS
            .into_iter()
            .filter(|kept| *kept < width)
            .chain([width])
            .collect();
        let largest = width.min(EARLIER_WIDTHS[2]);
        let wanted = EARLIER_WIDTHS
            .into_iter()
            .filter(|wanted| *wanted < largest)
            .chain([largest]);
        wanted.for_each(|wanted| assert!(kept.contains(&wanted), "{wanted} of {width}"));
    }
}
