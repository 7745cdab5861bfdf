//! Estates of any size and of several shapes: gateways, services that call each other, and the
//! databases, tables, caches, queues, partners and hosts they need. Names, fan-out and sizes are
//! drawn; the same seed draws the same.

mod names;
mod parts;
mod shapes;
mod size;

use nightjar_incident::FaultMode;
use nightjar_topology::EntityKind;

use self::names::Names;
use super::{Application, Spot, entity};
use crate::Shape;
use crate::dice::Dice;
use crate::system::{Host, Node, Stream, System};
use crate::table::Ref;

/// Services on one host of 16 processors; each may use 2.
const SERVICES_PER_HOST: u32 = 6;
/// Services behind one gateway.
const SERVICES_PER_GATEWAY: u32 = 200;
/// Requests per second from outside for each service: deep ones then still see one a second.
const REQUESTS_PER_SERVICE: f64 = 0.2;
/// No estate is so small that fewer requests come, unless its recipe says so.
const LEAST_REQUESTS: f64 = 12.0;

/// Builds one; it gets this many requests per second, or what suits its size.
pub(crate) fn estate(
    services: u32,
    shape: Shape,
    per_second: Option<f64>,
    dice: &mut Dice,
) -> Application {
    let names = Names::shuffled(dice);
    let mut builder = Builder { system: System::default(), dice, names, hosts: Vec::new() };
    builder.build(services, shape, per_second);
    Application { system: builder.system, name: "estate", usual_place: nowhere }
}

/// Faults of an estate have no usual place; one that suits is drawn.
fn nowhere(_: FaultMode) -> Option<Spot> {
    None
}

struct Builder<'a> {
    system: System,
    dice: &'a mut Dice,
    names: Names,
    hosts: Vec<Ref<Host>>,
}

impl Builder<'_> {
    fn build(&mut self, services: u32, shape: Shape, per_second: Option<f64>) {
        self.hosts =
            (0..services.div_ceil(SERVICES_PER_HOST)).map(|number| self.host(number)).collect();
        let gateways: Vec<Ref<Node>> = (0..services.div_ceil(SERVICES_PER_GATEWAY))
            .map(|number| self.gateway(number))
            .collect();
        let everyone: Vec<Ref<Node>> = (0..services)
            .map(|number| {
                let host = usize::try_from(number / SERVICES_PER_HOST)
                    .ok()
                    .and_then(|at| self.hosts.get(at).copied());
                self.service(host)
            })
            .collect();
        match shape {
            Shape::Layered => self.layered(&gateways, &everyone),
            Shape::Hub => self.hub(&gateways, &everyone),
            Shape::Chain => self.chain(&gateways, &everyone),
            Shape::SharedData => self.shared_data(&gateways, &everyone),
            Shape::Mesh => self.mesh(&gateways, &everyone),
        }
        self.complete(&everyone);
        self.batch_host();
        let usual = (REQUESTS_PER_SERVICE * f64::from(services)).max(LEAST_REQUESTS);
        let rate = per_second.unwrap_or(usual) / gateways.len() as f64;
        for to in gateways {
            let phase = self.dice.share();
            let stream =
                Stream { to, per_second: rate, drift: 0.1, period: 5400.0, phase, season: None };
            self.system.streams.push(stream);
        }
        self.system.bystanders.push(entity("users", EntityKind::Client, &[], &[]));
        self.size();
    }

    fn draw(&mut self, end: usize) -> usize {
        usize::try_from(self.dice.below(end as u64)).unwrap_or(0)
    }
}
