//! Checks that the picture folder is the one that all nodes of the site share, by a marker file in
//! it: the marker and the database store the same name for the folder.

use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, path::Path};

use crate::{
    Result, Store,
    artworks::media::Media,
    site_id::SiteId,
    store::{Identity, PICTURES, change, get, set, set_once},
};

/// The marker file. It contains the site's identifier and a random name for the folder.
const MARKER: &str = "artcritique-site.txt";

/// The folder, according to its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Folder {
    /// The folder that the site's nodes share.
    Shared,
    /// Not the folder that the site's other nodes use.
    Elsewhere,
    /// Another site's folder.
    OfAnotherSite,
}

impl Folder {
    /// The problem and its remedy, for the operator; `None` for [`Self::Shared`].
    pub fn wrong(&self) -> Option<String> {
        let what = match self {
            Self::Shared => return None,
            Self::Elsewhere => {
                "the picture folder is not the one that this site's other nodes use, so each node shows only some of the pictures"
            }
            Self::OfAnotherSite => "the picture folder is marked as another site's",
        };
        Some(format!(
            "{what}. Give all nodes of a site the same folder, and each site its own; if this folder is the right one, run `artcritique media \
             adopt` with this node's settings"
        ))
    }
}

/// Checks the folder's marker. The first node of a site writes it.
///
/// # Errors
/// When the folder or the database can't be read, or the folder can't be written.
pub async fn look(store: &Store, media: &Media) -> Result<Folder> {
    let known = get(store.readers(), PICTURES).await?;
    let marker = match read(media).await? {
        Some(marker) => marker,
        None if known.is_some() => return Ok(Folder::Elsewhere),
        None => mark_if_unmarked(store, media).await?,
    };
    let Some((site, name)) = marker.split_once(' ') else {
        return Ok(Folder::OfAnotherSite);
    };
    if site != store.site().as_str() {
        return Ok(Folder::OfAnotherSite);
    }
    let known = match known {
        Some(known) => known,
        None => change!(store, |txn| set_once(txn.db(), PICTURES, name).await)?,
    };
    store.presence().note_pictures(Some(name.to_owned()));
    Ok(if known == name {
        Folder::Shared
    } else {
        Folder::Elsewhere
    })
}

/// As [`look`], without writing anything; `None` if the site has not marked a folder yet.
///
/// # Errors
/// When the folder or the database can't be read.
pub async fn find(store: &Store, media: &Media) -> Result<Option<Folder>> {
    let Some(known) = get(store.readers(), PICTURES).await? else {
        return Ok(None);
    };
    Ok(Some(
        match read(media)
            .await?
            .as_deref()
            .and_then(|marker| marker.split_once(' '))
        {
            Some((site, _)) if site != store.site().as_str() => Folder::OfAnotherSite,
            Some((_, name)) if name == known => Folder::Shared,
            _ => Folder::Elsewhere,
        },
    ))
}

/// Marks the folder as the site's, replacing any marker.
///
/// # Errors
/// When the folder or the database can't be written.
pub async fn adopt(store: &Store, media: &Media) -> Result<()> {
    let (site, name) = (Identity::read(store.readers()).await?.site, new_name());
    media
        .files()
        .put(&Path::from(MARKER), marker(&site, &name))
        .await?;
    change!(store, |txn| set(txn.db(), PICTURES, &name).await)
}

async fn read(media: &Media) -> Result<Option<String>> {
    match media.files().get(&Path::from(MARKER)).await {
        Ok(found) => Ok(Some(
            String::from_utf8_lossy(&found.bytes().await?)
                .trim()
                .to_owned(),
        )),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Marks the folder, unless another node is faster; returns the folder's marker.
async fn mark_if_unmarked(store: &Store, media: &Media) -> Result<String> {
    let create = PutOptions {
        mode: PutMode::Create,
        ..PutOptions::default()
    };
    match media
        .files()
        .put_opts(
            &Path::from(MARKER),
            marker(store.site(), &new_name()),
            create,
        )
        .await
    {
        Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(read(media).await?.unwrap_or_default())
}

fn new_name() -> String {
    format!("{:016x}", rand::random::<u64>())
}

fn marker(site: &SiteId, name: &str) -> PutPayload {
    PutPayload::from(format!("{site} {name}\n").into_bytes())
}
