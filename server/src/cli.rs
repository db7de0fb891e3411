//! The command line: arguments, subcommands and their dispatch.

mod backup;
mod doctor;
mod folders;
mod healthcheck;
mod jobs;
mod load;
mod mail;
mod mint;
mod open;
pub(crate) mod output;
mod site;

use std::{path::PathBuf, time::Duration};

use anyhow::bail;
use clap::{Parser, Subcommand};
use domain::{Domain, accounts::NewAccount, policy::Role};
use shared::{AppError, text::Password};
use tokio::signal::unix::{SignalKind, signal};
use words::Locale;

use crate::{
    cli::output::{complain, say},
    config::Config,
    http::{
        assets::BuiltSite,
        intake::Intake,
        metrics, router,
        state::{Parts, Site},
    },
    net::{connection_limits::ConnectionLimits, serve},
};

/// Where artists get their work critiqued.
#[derive(Parser)]
#[command(name = "artcritique", version)]
pub struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Option<Command>,
}

impl Cli {
    pub const fn config(&self) -> &Config {
        &self.config
    }
}

#[derive(Subcommand)]
enum Command {
    /// Serve the site (the default command).
    Serve,
    /// Migrate the database to the current schema.
    Migrate,
    /// Seed the site with demo content. The password of the demo accounts is `artcritique`.
    Seed {
        #[arg(long, default_value_t = 24)]
        users: usize,
        #[arg(long, default_value_t = 48)]
        artworks: usize,
        #[arg(long, default_value_t = 160)]
        critiques: usize,
    },
    /// Create and change accounts. Passwords are read from standard input.
    #[command(subcommand)]
    User(UserCommand),
    /// Show and mend the job queue: work that the servers do in the background.
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Prepare load tests.
    #[command(subcommand)]
    Load(LoadCommand),
    /// Back up the SQLite database to a new file; the server may be running.
    Backup {
        #[arg(long)]
        out: PathBuf,
    },
    /// Restore the SQLite database from a backup; the server must be stopped. Ends all sessions and
    /// tokens and begins a new epoch: every client discards its state. With PostgreSQL, run this
    /// after `pg_restore`, without `--from`.
    Restore {
        /// The SQLite backup to restore.
        #[arg(long)]
        from: Option<PathBuf>,
        /// Give the restored database a new site ID, so that it can run beside the original.
        #[arg(long)]
        as_new_site: bool,
    },
    /// Change the epoch, which identifies the database's history to clients.
    #[command(subcommand)]
    Epoch(EpochCommand),
    /// Show or change the site ID.
    #[command(subcommand)]
    Site(SiteCommand),
    /// Manage the picture folder.
    #[command(subcommand)]
    Media(MediaCommand),
    /// Check that mail works.
    #[command(subcommand)]
    Mail(MailCommand),
    /// Check `/readyz` of the server on this machine; for a container's health check.
    Healthcheck,
    /// Check the database, bus, pictures, built site, origin and mail, and say how to fix each
    /// fault.
    Doctor,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Create an account.
    Create {
        handle: String,
        #[arg(long)]
        display_name: Option<String>,
        #[arg(long)]
        email: String,
    },
    /// Set an account's password and end all its sessions and tokens.
    Password { handle: String },
    /// Set an account's role: member or moderator.
    Role { handle: String, role: String },
}

#[derive(Subcommand)]
enum LoadCommand {
    /// Create users, each with a session; requires `ARTCRITIQUE_ALLOW_MINT=1`.
    Mint {
        #[arg(long)]
        users: usize,
        #[arg(long)]
        password: String,
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Subcommand)]
enum EpochCommand {
    /// Begin a new epoch: every client discards its state and loads a fresh page.
    Bump,
}

#[derive(Subcommand)]
enum SiteCommand {
    /// Print the site ID and the epoch.
    Show,
    /// Give the database a new site ID and a new epoch, and delete its sessions and tokens; for a
    /// staging copy.
    Rename,
}

#[derive(Subcommand)]
enum MediaCommand {
    /// Mark the configured folder as this site's picture folder, replacing any other mark.
    Adopt,
}

#[derive(Subcommand)]
enum MailCommand {
    /// Send a test mail to this address at once, and say what happened.
    Test { address: String },
}

/// Runs the given command; `serve` if there is none.
pub async fn run(Cli { config, command }: Cli) -> anyhow::Result<()> {
    match command.unwrap_or(Command::Serve) {
        Command::Serve => serve_site(config).await,
        Command::Doctor => doctor::run(&config).await,
        Command::Backup { out } => backup::back_up(&config, &out).await,
        Command::Restore { from, as_new_site } => {
            backup::restore(&config, from.as_deref(), as_new_site).await
        }
        Command::Site(SiteCommand::Show) => site::show(&config).await,
        Command::Site(SiteCommand::Rename) => site::rename(&config).await,
        Command::Media(MediaCommand::Adopt) => site::adopt_pictures(&config).await,
        Command::Mail(MailCommand::Test { address }) => mail::test(&config, &address).await,
        Command::Healthcheck => healthcheck::run(config.addr).await,
        Command::Migrate => {
            open::bring_up_to_date(&config).await?;
            say!("The database schema is up to date.");
            Ok(())
        }
        command => run_on(&config, &open::for_command(&config).await?, command).await,
    }
}

/// Runs a command that needs the opened domain.
async fn run_on(config: &Config, domain: &Domain, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Seed {
            users,
            artworks,
            critiques,
        } => {
            let planted =
                demo::plant(domain, users, artworks, critiques, |line| say!("{line}")).await?;
            say!("{planted}");
        }
        Command::User(command) => user(domain, command).await?,
        Command::Jobs(command) => jobs::run(&domain.jobs, command).await?,
        Command::Load(LoadCommand::Mint {
            users,
            password,
            out,
        }) => mint::run(config.allow_mint, domain, users, &password, &out).await?,
        Command::Epoch(EpochCommand::Bump) => {
            let epoch = domain.store.begin_history().await?;
            say!(
                "The new epoch is {epoch}. Running servers adopt it within seconds, and every client discards its state."
            );
        }
        // `run` handles the other commands.
        _ => {}
    }
    Ok(())
}

async fn serve_site(config: Config) -> anyhow::Result<()> {
    let open::Opened {
        domain,
        lease,
        listener,
    } = open::for_serving(&config).await?;
    if lease.as_ref().is_some_and(|lease| lease.alone) {
        domain.jobs.expire_leases().await?;
    }
    let listening = listener.local_addr()?;
    let origins = config.origins(listening);
    let built = BuiltSite::find(&config)?;
    let (assets, leptos) = built.assets(&origins);
    if let Some(missing) = built.missing(&assets) {
        tracing::warn!(
            "{missing} is missing from {built}: pages will have no styles or scripts; run `artcritique doctor`"
        );
    }
    if config.origin.is_none() && !listening.ip().is_loopback() {
        tracing::warn!(
            "ARTCRITIQUE_ORIGIN is not set: only browsers on this machine can sign in and open sockets"
        );
    }
    // Install the recorder first: counts made before it are lost.
    let _metrics = metrics::start(config.metrics_addr, &domain).await?;
    // These background tasks end when dropped.
    let (live, folders, watch) = (
        domain.hub.start(),
        folders::remove_empty_folders(domain.clone()),
        domain.watch(),
    );
    let (runner, load) = (domain.jobs.start(), load::start(&config, &domain)?);
    let (address, hub) = (origins.address(listening), domain.hub.clone());
    let reference = router::describe(&assets, origins.cookie_name());
    let site = Site::from(Parts {
        domain,
        config,
        origins,
        built,
        assets,
        leptos,
        intake: Intake::default(),
        reference,
    });
    let limits = ConnectionLimits::new(&site.config, site.limited());
    let router = router::router(&site)?;
    say!("ArtCritique is at {address}");
    let notice = Duration::from_secs(site.config.drain_notice_secs);
    serve::run(listener, router, hub, limits, notice, stop_signal()).await;
    drop(load);
    runner.stop().await;
    drop((live, folders, watch));
    site.domain.leave().await;
    Ok(())
}

/// Resolves on Ctrl-C and on SIGTERM.
async fn stop_signal() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => drop(signals.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

async fn user(domain: &Domain, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Create {
            handle,
            display_name,
            email,
        } => {
            let password = read_password()?;
            let name = display_name.unwrap_or_else(|| handle.clone());
            let new = NewAccount::parse(&handle, &name, &email, &password)
                .map_err(|error| spelled_out(&error))?;
            let proven = domain
                .accounts
                .register(new, None)
                .await
                .map_err(|error| spelled_out(&error.into()))?;
            say!("@{} can sign in now.", proven.viewer.handle);
        }
        UserCommand::Password { handle } => {
            let account = domain
                .accounts
                .find(&handle)
                .await
                .map_err(|error| spelled_out(&error.into()))?;
            let password = Password::parse(&read_password()?)
                .map_err(|phrase| spelled_out(&AppError::field("password", phrase)))?;
            domain
                .accounts
                .set_password(shared::UserId(account.id), &password)
                .await?;
            say!(
                "The password of @{} is changed; all its sessions and tokens have ended.",
                account.handle
            );
        }
        UserCommand::Role { handle, role } => {
            let Some(role) = Role::parse(&role) else {
                bail!("the role must be member or moderator");
            };
            domain
                .accounts
                .set_role(&handle, role)
                .await
                .map_err(|error| spelled_out(&error.into()))?;
            say!("@{handle} is a {} now.", role.word());
        }
    }
    Ok(())
}

fn read_password() -> anyhow::Result<String> {
    complain!("Password (from standard input):");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn spelled_out(error: &AppError) -> anyhow::Error {
    let error = words::shown(error, Locale::En);
    let fields: Vec<String> = error
        .fields
        .iter()
        .map(|field| format!("{}: {}", field.field, field.message))
        .collect();
    anyhow::anyhow!("{} {}", error.message, fields.join(" "))
}
