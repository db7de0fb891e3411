use std::{ops::Deref, sync::Arc};

use app::shell::Assets;
use axum::extract::FromRef;
use domain::{Domain, Languages};
use leptos::config::LeptosOptions;

use crate::{
    config::{Config, Switch, origin::Origins},
    http::{assets::BuiltSite, intake::Intake, reference::Reference},
};

/// The application state. Every layer of every request clones it, so it is a single reference
/// count.
#[derive(Clone)]
pub struct Site(Arc<Parts>);

/// The fields of a [`Site`].
pub struct Parts {
    /// The domain services.
    pub domain: Domain,
    /// The configuration.
    pub config: Config,
    /// The site's own origins.
    pub origins: Origins,
    /// Where the built files are.
    pub built: BuiltSite,
    /// URLs of scripts and styles.
    pub assets: Assets,
    /// Options for Leptos.
    pub leptos: LeptosOptions,
    /// Limits for uploads in progress.
    pub intake: Intake,
    /// The reference of the REST API.
    pub reference: Reference,
}

impl Deref for Site {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl From<Parts> for Site {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl FromRef<Site> for Domain {
    fn from_ref(site: &Site) -> Self {
        site.domain.clone()
    }
}

impl FromRef<Site> for Intake {
    fn from_ref(site: &Site) -> Self {
        site.intake.clone()
    }
}

impl FromRef<Site> for LeptosOptions {
    fn from_ref(site: &Site) -> Self {
        site.leptos.clone()
    }
}

impl Site {
    /// The languages that the site offers.
    pub fn languages(&self) -> Languages {
        Languages {
            pseudo: self.config.pseudo_locale == Switch::On,
        }
    }

    /// Whether rate and connection limits are on.
    pub fn limited(&self) -> bool {
        self.config.rate_limits == Switch::On
    }
}
