//! An ordinary day: people sign in through the hours of their day, mistype, get interrupted and try
//! again, and their clients fetch tokens all the time.

use rand::RngExt as _;

use super::apps::{self, App, Resource, Usage};
use super::clock::{DAY, MINUTE, Moment, SECOND};
use super::devices::{Client, JOB_TOKEN};
use super::draw::{Guid, Rng, Weighted, below, chance, quantile};
use super::event::{Event, Mfa, Risk, SignIn, What, Who};
use super::guard::Guard;
use super::habits::{BURST, SCRIPTS, SMOOTH, Script, TOKEN_RESULTS};
use super::outcome::{Outcome, Password, SUCCESS, Verdict};
use super::places::Origin;
use super::rhythm::Rhythm;
use super::span::Span;
use super::tenant::{Kind, Tenant};

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
    interactive: bool,
    origin: Origin,
    client: Client,
    app: &'static App,
    correlation: Guid,
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
            let scene = self.scene(rng, rhythm, true);
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
            let scene = self.scene(rng, rhythm, false);
            let burst = (quantile(rng, BURST) as usize).min(end - events.len());
            // A client that fails once mends itself; the rest of the burst goes well.
            let mut outcome = TOKEN_RESULTS[self.token_results.pick(rng)].1;
            let mut resource = scene.app.resource;
            let mut at = scene.at;
            for _ in 0..burst {
                let claim = chance(rng, 620);
                let mfa = if claim { Mfa::Claim } else { Mfa::NotRequired };
                events.push(self.event(rng, &scene, at, outcome, resource, mfa));
                outcome = &SUCCESS;
                resource = self.usage.resource(rng);
                at = at.after(rng.random_range(SECOND / 5..50 * SECOND));
            }
        }
    }

    /// Somebody at one of the day's moments. People sign in to browsers more than clients do.
    fn scene(&self, rng: &mut Rng, rhythm: &Rhythm, interactive: bool) -> Scene {
        let (office, at) = rhythm.draw(rng);
        let user = self.tenant.someone_at(rng, office);
        let clients = &self.tenant.users[user].clients;
        let (client, app) = if chance(rng, 260) {
            (clients.phone, self.usage.on_phone(rng))
        } else if chance(rng, if interactive { 600 } else { 120 }) {
            (clients.browser, self.usage.in_browser(rng))
        } else {
            (clients.desktop, self.usage.on_desktop(rng))
        };
        let origin = if client.is_phone() {
            self.tenant.phone_origin(user, at)
        } else {
            self.tenant.computer_origin(user, at)
        };
        let correlation = Guid::random(rng);
        Scene { user, at, interactive, origin, client, app, correlation }
    }

    /// What happens in a scene; a success where the network has seen enough wrong passwords.
    fn script(&mut self, rng: &mut Rng, scene: &Scene) -> Script {
        let script = SCRIPTS[self.scripts.pick(rng)].1;
        let is_wrong = |outcome: &&&Outcome| outcome.password == Password::Wrong;
        let wrong = script.iter().filter(is_wrong).count();
        let (ip, user) = (scene.origin.ip, scene.user as u64);
        if wrong == 0 || self.guard.allows(ip, scene.at, user, wrong) { script } else { SMOOTH }
    }

    fn play(
        &self,
        rng: &mut Rng,
        scene: &Scene,
        script: &[&'static Outcome],
        events: &mut Vec<Event>,
    ) {
        let mut at = scene.at;
        let mut asked = false;
        for outcome in script {
            let mfa = match (outcome.code, asked) {
                (0, true) => Mfa::Prompted,
                (0, false) if chance(rng, 240) => Mfa::Prompted,
                (0, false) if self.administrators[scene.user] || chance(rng, 730) => Mfa::Claim,
                _ => Mfa::NotRequired,
            };
            events.push(self.event(rng, scene, at, outcome, scene.app.resource, mfa));
            asked |= outcome.verdict == Verdict::NeedsMfa;
            at = at.after(rng.random_range(4 * SECOND..70 * SECOND));
        }
    }

    /// A job on a server that gets its token by night as by day.
    fn job(&self, rng: &mut Rng, rhythm: &Rhythm) -> Event {
        let user = self.jobs[below(rng, self.jobs.len())];
        let scene = Scene {
            user,
            at: rhythm.start.after(rng.random_range(0..DAY - MINUTE)),
            interactive: false,
            origin: self.tenant.desk(user),
            client: Client::unknown(&JOB_TOKEN),
            app: &apps::BATCH_JOBS,
            correlation: Guid::random(rng),
        };
        self.event(rng, &scene, scene.at, &SUCCESS, scene.app.resource, Mfa::NotRequired)
    }

    fn event(
        &self,
        rng: &mut Rng,
        scene: &Scene,
        at: Moment,
        outcome: &'static Outcome,
        resource: &'static Resource,
        mfa: Mfa,
    ) -> Event {
        let guest = self.tenant.users[scene.user].kind == Kind::Guest;
        let risk = match mfa {
            _ if guest => Risk::Hidden,
            Mfa::Prompted if chance(rng, 4) => Risk::Remediated,
            _ if chance(rng, 13) => Risk::Low,
            _ => Risk::None,
        };
        let sign_in = SignIn {
            interactive: scene.interactive,
            who: Who::User(scene.user),
            origin: scene.origin,
            client: scene.client,
            app: scene.app,
            resource,
            outcome,
            mfa,
            risk,
            session: self.tenant.session(scene.user, &scene.client, &scene.origin, at),
            correlation: scene.correlation,
        };
        self.span.late(rng, at, What::SignIn(sign_in))
    }
}
