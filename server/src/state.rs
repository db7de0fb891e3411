use std::{ops::Deref, sync::Arc};

use app::shell::Assets;
use axum::extract::FromRef;
use domain::Domain;
use leptos::config::LeptosOptions;

use crate::{
    config::{Config, Switch},
    origin::Origins,
    uploads::Intake,
};

/// What handlers are given. Every layer of every request clones it, so that is one reference count.
#[derive(Clone)]
pub struct Site(Arc<Parts>);

/// What a [`Site`] is made of.
pub struct Parts {
    /// Everything the site can do.
    pub domain: Domain,
    /// Settings.
    pub config: Config,
    /// Which origins are this site.
    pub origins: Origins,
    /// Addresses of scripts and styles.
    pub assets: Assets,
    /// What Leptos wants to know.
    pub leptos: LeptosOptions,
    /// Memory for uploads.
    pub intake: Intake,
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
    /// Whether limits are in force.
    pub fn limited(&self) -> bool {
        self.config.rate_limits == Switch::On
    }
}
