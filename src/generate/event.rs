//! What is to be logged, before it is written out: small values that say what happened, which
//! [`signin`](super::signin) and [`audit`](super::audit) turn into records.

use super::apps::{App, Resource};
use super::clock::Moment;
use super::devices::Client;
use super::draw::Guid;
use super::outcome::Outcome;
use super::places::Origin;

/// The three kinds of log that are generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Category {
    SignIn,
    NonInteractive,
    Audit,
}

impl Category {
    pub(super) const ALL: [Self; 3] = [Self::SignIn, Self::NonInteractive, Self::Audit];

    /// The `category` of the records.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SignIn => "SignInLogs",
            Self::NonInteractive => "NonInteractiveUserSignInLogs",
            Self::Audit => "AuditLogs",
        }
    }

    /// The event hub that Entra's diagnostic settings create for the category.
    pub(super) fn hub(self) -> &'static str {
        match self {
            Self::SignIn => "insights-logs-signinlogs",
            Self::NonInteractive => "insights-logs-noninteractiveusersigninlogs",
            Self::Audit => "insights-logs-auditlogs",
        }
    }
}

/// One record to come.
#[derive(Debug)]
pub(super) struct Event {
    /// When the record is written.
    pub(super) time: Moment,
    /// When it happened.
    pub(super) created: Moment,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    // Boxed, so that the many small sign-ins do not take the room of the few large audit events.
    SignIn(SignIn),
    Audit(Box<Audit>),
}

impl Event {
    /// An event that is written as it happens, as audit events are.
    pub(super) fn at(created: Moment, what: What) -> Self {
        Self { time: created, created, what }
    }

    pub(super) fn category(&self) -> Category {
        match &self.what {
            What::SignIn(sign_in) if sign_in.interactive => Category::SignIn,
            What::SignIn(_) => Category::NonInteractive,
            What::Audit(_) => Category::Audit,
        }
    }
}

/// Who tried to sign in.
#[derive(Debug, Clone)]
pub(super) enum Who {
    /// Index of a user of the tenant.
    User(usize),
    /// A name that the tenant does not have.
    Nobody(Box<str>),
}

/// What was done about a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mfa {
    NotRequired,
    /// The session already had it.
    Claim,
    /// The user approved a prompt.
    Prompted,
}

/// What risk detection made of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Risk {
    None,
    /// The user has no licence for it.
    Hidden,
    Low,
    /// Medium, and dispelled by the second factor.
    Remediated,
    High,
}

/// One sign-in.
#[derive(Debug)]
pub(super) struct SignIn {
    pub(super) interactive: bool,
    pub(super) who: Who,
    pub(super) origin: Origin,
    pub(super) client: Client,
    pub(super) app: &'static App,
    pub(super) resource: &'static Resource,
    pub(super) outcome: &'static Outcome,
    pub(super) mfa: Mfa,
    pub(super) risk: Risk,
    pub(super) session: Guid,
    pub(super) correlation: Guid,
}

/// Who did what an audit event tells of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Initiator {
    User { index: usize, origin: Origin },
    App(&'static str),
}

/// A kind of audit event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    /// `loggedByService`.
    pub(super) service: &'static str,
    /// `operationType`.
    pub(super) kind: &'static str,
}

/// One audit event.
#[derive(Debug)]
pub(super) struct Audit {
    pub(super) operation: &'static Operation,
    pub(super) initiator: Initiator,
    pub(super) targets: Vec<Target>,
    pub(super) details: Vec<(&'static str, String)>,
    pub(super) reason: String,
    pub(super) correlation: Guid,
}

/// Something that an audit event was about.
#[derive(Debug)]
pub(super) struct Target {
    /// `type`: User, Group, Role, Policy, …
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) upn: Option<String>,
    /// Property, old value, new value; values are JSON text, as Entra writes them.
    pub(super) modified: Vec<(&'static str, Option<String>, Option<String>)>,
}
