//! An ordinary day: people sign in through the hours of their day, mistype, get interrupted and try
//! again, and their clients fetch tokens all the time.

use rand::RngExt as _;

use super::apps::{self, App, Resource, Usage};
use super::clock::{DAY, HOUR, MINUTE, Moment, SECOND, busyness};
use super::devices::{Client, JOB_TOKEN};
use super::draw::{Guid, Rng, Weighted, below, chance, quantile};
use super::event::{Event, Mfa, Risk, SignIn, What, Who};
use super::guard::Guard;
use super::outcome::{self as result, Outcome, Password};
use super::places::{self, OFFICES, Origin};
use super::span::Span;
use super::tenant::{Kind, Tenant};

/// What happens in a row when somebody signs in, and how often, per thousand.
static SCRIPTS: &[(u64, &[&Outcome])] = &[
    (760, &[&result::SUCCESS]),
    (26, &[&result::BAD_PASSWORD, &result::SUCCESS]),
    (7, &[&result::BAD_PASSWORD, &result::BAD_PASSWORD, &result::SUCCESS]),
    (1, &[&result::BAD_PASSWORD, &result::BAD_PASSWORD, &result::BAD_PASSWORD, &result::LOCKED]),
    (58, &[&result::STAY_SIGNED_IN, &result::SUCCESS]),
    (30, &[&result::MFA_REQUIRED, &result::SUCCESS]),
    (30, &[&result::STRONG_AUTH_REQUIRED, &result::SUCCESS]),
    (25, &[&result::SESSION_MISSING]),
    (10, &[&result::SESSION_MISSING, &result::SUCCESS]),
    (15, &[&result::ACCOUNT_PICKER, &result::SUCCESS]),
    (12, &[&result::DEVICE_AUTH, &result::SUCCESS]),
    (3, &[&result::BLOCKED]),
    (2, &[&result::DEVICE_NOT_COMPLIANT]),
    (2, &[&result::NOT_ASSIGNED]),
    (3, &[&result::CONSENT_REQUIRED]),
    (1, &[&result::CONSENT_DECLINED]),
    (4, &[&result::MFA_FAILED, &result::SUCCESS]),
    (2, &[&result::MFA_FAILED]),
    (3, &[&result::PASSWORD_EXPIRED, &result::SUCCESS]),
    (2, &[&result::RESET_INTERRUPT, &result::SUCCESS]),
    (1, &[&result::MFA_ENROL]),
];

/// How often a client's token request ends how, per thousand.
static TOKEN_RESULTS: &[(u64, &Outcome)] = &[
    (947, &result::SUCCESS),
    (14, &result::FREQUENCY_EXPIRED),
    (9, &result::TOKEN_REVOKED),
    (7, &result::TOKEN_EXPIRED),
    (5, &result::TOKEN_UNUSED),
    (4, &result::PASSWORD_CHANGED),
    (4, &result::MFA_REQUIRED),
    (4, &result::DEVICE_AUTH),
    (3, &result::SESSION_MISSING),
    (2, &result::CONSENT_REQUIRED),
    (1, &result::ACCOUNT_PICKER),
];

/// How many tokens a client fetches at once, as points of the quantile function.
const BURST: &[(i64, i64)] = &[(0, 1), (500, 2), (800, 4), (950, 9), (1000, 24)];

/// The hours of one day with how busy each office is in them.
#[derive(Debug)]
pub(super) struct Rhythm {
    start: Moment,
    /// Index is office times 24 plus hour.
    slots: Weighted,
}

impl Rhythm {
    /// The rhythm of the day that begins at `start`. With a `floor` above 0 the nights are busier,
    /// as they are for phones that fetch mail while their owners sleep.
    pub(super) fn of(tenant: &Tenant, start: Moment, floor: u64) -> Self {
        let slots = (0..OFFICES).flat_map(|office| {
            (0..24).map(move |hour| {
                let begin = start.after(HOUR * hour);
                tenant.weight_of(office) * (busyness(begin, places::CITIES[office].offset) + floor)
            })
        });
        Self { start, slots: Weighted::new(slots) }
    }

    /// How busy the day is altogether.
    pub(super) fn total(&self) -> u64 {
        self.slots.total()
    }

    /// A moment of the day, and the office that is about to sign in then.
    pub(super) fn draw(&self, rng: &mut Rng) -> (usize, Moment) {
        let slot = self.slots.pick(rng);
        let begin = self.start.after(HOUR * (slot % 24) as i64);
        (slot / 24, begin.after(rng.random_range(0..HOUR)))
    }
}

/// Makes ordinary sign-ins.
#[derive(Debug)]
pub(super) struct Background<'a> {
    tenant: &'a Tenant,
    span: Span,
    usage: Usage,
    scripts: Weighted,
    token_results: Weighted,
    guard: Guard,
    administrators: Vec<bool>,
    jobs: Vec<usize>,
}

/// Who signs in where with what.
struct Scene {
    user: usize,
    at: Moment,
    origin: Origin,
    client: Client,
    app: &'static App,
}

impl<'a> Background<'a> {
    pub(super) fn new(tenant: &'a Tenant, span: Span) -> Self {
        let mut administrators = vec![false; tenant.users.len()];
        for holder in &tenant.holders {
            administrators[holder.user] = true;
        }
        Self {
            tenant,
            span,
            usage: Usage::new(),
            scripts: Weighted::new(SCRIPTS.iter().map(|(weight, _)| *weight)),
            token_results: Weighted::new(TOKEN_RESULTS.iter().map(|(weight, _)| *weight)),
            guard: Guard::default(),
            administrators,
            jobs: tenant.of_kind(Kind::Service).skip(2).collect(),
        }
    }

    /// Appends exactly `count` interactive sign-ins of one day.
    pub(super) fn interactive(
        &mut self,
        rng: &mut Rng,
        rhythm: &Rhythm,
        count: usize,
        events: &mut Vec<Event>,
    ) {
        self.guard.forget_before(rhythm.start);
        let end = events.len() + count;
        while events.len() < end {
            let scene = self.scene(rng, rhythm, 600);
            let script = self.script(rng, &scene);
            // Where the day has room for a part only, the last steps are kept: a success stands alone.
            let kept = script.len().min(end - events.len());
            self.play(rng, &scene, &script[script.len() - kept..], events);
        }
    }

    /// Appends exactly `count` non-interactive sign-ins of one day.
    pub(super) fn tokens(
        &self,
        rng: &mut Rng,
        rhythm: &Rhythm,
        count: usize,
        events: &mut Vec<Event>,
    ) {
        let end = events.len() + count;
        while events.len() < end {
            if chance(rng, 4) {
                events.push(self.job(rng, rhythm));
                continue;
            }
            let scene = self.scene(rng, rhythm, 120);
            let burst = (quantile(rng, BURST) as usize).min(end - events.len());
            let outcome = TOKEN_RESULTS[self.token_results.pick(rng)].1;
            let correlation = Guid::random(rng);
            let mut at = scene.at;
            for number in 0..burst {
                // A client that fails once mends itself; the rest of the burst goes well.
                let outcome = if number == 0 { outcome } else { &result::SUCCESS };
                let resource =
                    if number == 0 { scene.app.resource } else { self.usage.resource(rng) };
                let mfa = if chance(rng, 620) { Mfa::Claim } else { Mfa::NotRequired };
                events.push(self.event(
                    rng,
                    &scene,
                    at,
                    false,
                    outcome,
                    resource,
                    mfa,
                    correlation,
                ));
                at = at.after(rng.random_range(SECOND / 5..50 * SECOND));
            }
        }
    }

    /// Somebody at one of the day's moments, in a browser `browser` times in a thousand.
    fn scene(&self, rng: &mut Rng, rhythm: &Rhythm, browser: u32) -> Scene {
        let (office, at) = rhythm.draw(rng);
        let user = self.tenant.someone_at(rng, office);
        let clients = &self.tenant.users[user].clients;
        if !chance(rng, 740) {
            let origin = self.tenant.phone_origin(user, at);
            return Scene {
                user,
                at,
                origin,
                client: clients.phone,
                app: self.usage.on_phone(rng),
            };
        }
        let origin = self.tenant.computer_origin(user, at);
        if chance(rng, browser) {
            Scene { user, at, origin, client: clients.browser, app: self.usage.in_browser(rng) }
        } else {
            Scene { user, at, origin, client: clients.desktop, app: self.usage.on_desktop(rng) }
        }
    }

    /// What happens in a scene; a success where the network has seen enough wrong passwords.
    fn script(&mut self, rng: &mut Rng, scene: &Scene) -> &'static [&'static Outcome] {
        let script = SCRIPTS[self.scripts.pick(rng)].1;
        let wrong = script.iter().filter(|outcome| outcome.password == Password::Wrong).count();
        let allowed =
            wrong == 0 || self.guard.allows(scene.origin.ip, scene.at, scene.user as u64, wrong);
        if allowed { script } else { SCRIPTS[0].1 }
    }

    fn play(
        &self,
        rng: &mut Rng,
        scene: &Scene,
        script: &[&'static Outcome],
        events: &mut Vec<Event>,
    ) {
        let correlation = Guid::random(rng);
        let mut at = scene.at;
        let mut asked = false;
        for outcome in script {
            let mfa = match (outcome.code, asked) {
                (0, true) => Mfa::Prompted,
                (0, false) if chance(rng, 240) => Mfa::Prompted,
                (0, false) if self.administrators[scene.user] || chance(rng, 730) => Mfa::Claim,
                _ => Mfa::NotRequired,
            };
            events.push(self.event(
                rng,
                scene,
                at,
                true,
                outcome,
                scene.app.resource,
                mfa,
                correlation,
            ));
            asked |= outcome.verdict == result::Verdict::NeedsMfa;
            at = at.after(rng.random_range(4 * SECOND..70 * SECOND));
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "each is a field of the record, and all callers are above"
    )]
    fn event(
        &self,
        rng: &mut Rng,
        scene: &Scene,
        at: Moment,
        interactive: bool,
        outcome: &'static Outcome,
        resource: &'static Resource,
        mfa: Mfa,
        correlation: Guid,
    ) -> Event {
        let guest = self.tenant.users[scene.user].kind == Kind::Guest;
        let risk = match mfa {
            _ if guest => Risk::Hidden,
            Mfa::Prompted if chance(rng, 4) => Risk::Remediated,
            _ if chance(rng, 13) => Risk::Low,
            _ => Risk::None,
        };
        let sign_in = SignIn {
            interactive,
            who: Who::User(scene.user),
            origin: scene.origin,
            client: scene.client,
            app: scene.app,
            resource,
            outcome,
            mfa,
            risk,
            session: self.tenant.session(scene.user, &scene.client, &scene.origin, at),
            correlation,
        };
        self.span.late(rng, at, What::SignIn(sign_in))
    }

    /// A job on a server that gets its token by night as by day.
    fn job(&self, rng: &mut Rng, rhythm: &Rhythm) -> Event {
        let user = self.jobs[below(rng, self.jobs.len())];
        let scene = Scene {
            user,
            at: rhythm.start.after(rng.random_range(0..DAY - MINUTE)),
            origin: self.tenant.desk(user),
            client: Client::unknown(&JOB_TOKEN),
            app: &apps::BATCH_JOBS,
        };
        let correlation = Guid::random(rng);
        let resource = scene.app.resource;
        self.event(
            rng,
            &scene,
            scene.at,
            false,
            &result::SUCCESS,
            resource,
            Mfa::NotRequired,
            correlation,
        )
    }
}
