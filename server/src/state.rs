use std::sync::Arc;

use app::shell::Assets;
use axum::extract::FromRef;
use domain::Domain;
use leptos::config::LeptosOptions;

use crate::{
    config::{Config, Origins, Switch},
    edge::Allowance,
};

/// What handlers are given.
#[derive(Clone, FromRef)]
pub struct Site {
    /// Everything the site can do.
    pub domain: Domain,
    /// Settings.
    pub config: Arc<Config>,
    /// Which origins are this site.
    pub origins: Origins,
    /// Addresses of scripts and styles.
    pub assets: Assets,
    /// What Leptos wants to know.
    pub leptos: LeptosOptions,
    /// Socket handshakes each address may make.
    pub handshakes: Allowance,
}

impl Site {
    /// Whether limits are in force.
    pub fn limited(&self) -> bool {
        self.config.rate_limits == Switch::On
    }
}
