//! The weathers that are simulated.

use std::time::Duration;

use crate::bad_network::run::Servers;
use crate::bad_network::weather::{CALM, Fault, Receipts, Weather, Wrong};

/// A weather over both gateways.
pub struct Scene {
    pub name: &'static str,
    pub first: Weather,
    pub second: Weather,
    pub servers: Servers,
    /// Whether the first gateway is dead: failover must then win by the stated margin.
    pub is_dead: bool,
}

const fn always(wrong: Wrong) -> [Fault; 1] {
    [Fault { wrong, share: 1.0, leaves: 0.0 }]
}

const FAILS: &[Fault] = &always(Wrong::Failed);
const HANGS: &[Fault] = &always(Wrong::Hang);
const RESETS: &[Fault] = &always(Wrong::Reset);
const BUSY: &[Fault] = &[Fault { wrong: Wrong::Busy, share: 0.5, leaves: 0.0 }];
const MALFORMED: &[Fault] = &[Fault { wrong: Wrong::Malformed, share: 0.5, leaves: 1.0 }];
const DRIPS: &[Fault] = &[Fault { wrong: Wrong::Drip, share: 0.3, leaves: 0.5 }];
const BAD: &[Fault] = &[
    Fault { wrong: Wrong::Failed, share: 0.2, leaves: 0.5 },
    Fault { wrong: Wrong::Hang, share: 0.1, leaves: 0.5 },
    Fault { wrong: Wrong::Reset, share: 0.1, leaves: 0.5 },
];
const ALSO_BAD: &[Fault] =
    &[Fault { wrong: Wrong::Busy, share: 0.2, leaves: 0.0 }, Fault { wrong: Wrong::Failed, share: 0.1, leaves: 0.5 }];

const STEADY: Scene = Scene { name: "calm", first: CALM, second: CALM, servers: Servers::Inside, is_dead: false };

const SLOW: Weather = Weather { answer: (300, 2000), travel: (3000, 15_000), slow: (0.2, (20_000, 50_000)), ..CALM };

/// All of them.
pub const ALL: [Scene; 17] = [
    STEADY,
    Scene { name: "slow: a fifth travels 20 to 50 s", first: SLOW, second: SLOW, ..STEADY },
    Scene { name: "a tenth is lost", first: Weather { lost: 0.1, ..CALM }, ..STEADY },
    dead("dead: refuses connections", Weather { refuses: true, ..CALM }),
    dead("dead: hangs", Weather { faults: HANGS, ..CALM }),
    dead("dead: resets connections", Weather { faults: RESETS, ..CALM }),
    dead("dead: answers 500", Weather { faults: FAILS, ..CALM }),
    dead("dead: accepts, delivers nothing", Weather { lost: 1.0, ..CALM }),
    dead("dead: accepts, tells of failure", Weather { lost: 1.0, tells_loss: true, ..CALM }),
    Scene { name: "429 to every second", first: Weather { faults: BUSY, ..CALM }, ..STEADY },
    Scene { name: "half of the answers malformed", first: Weather { faults: MALFORMED, ..CALM }, ..STEADY },
    Scene { name: "slow drip of three tenths", first: Weather { faults: DRIPS, ..CALM }, ..STEADY },
    Scene { name: "receipts early, twice, disordered; a fifth shown twice", first: WILD, second: WILD, ..STEADY },
    Scene { name: "receipts among forged ones", first: FORGED, second: FORGED, ..STEADY },
    Scene { name: "both bad: 40 % and 30 % of answers wrong, a fifth lost", first: STORM, second: GALE, ..STEADY },
    KILLED,
    Scene { name: "killed between send and record, and no receipts", first: MUTE, second: MUTE, ..KILLED },
];

const KILLED: Scene = Scene {
    name: "killed between send and record, each 15th text",
    servers: Servers::KilledWhileSending(15),
    ..STEADY
};
const MUTE: Weather = Weather { receipts: Receipts::Silent, ..CALM };
const WILD: Weather =
    Weather { receipts: Receipts::Wild, answer: (300, 800), travel: (100, 2000), copied: 0.2, ..CALM };
const FORGED: Weather = Weather { receipts: Receipts::AmongForged, ..CALM };
const STORM: Weather = Weather { faults: BAD, lost: 0.2, ..CALM };
const GALE: Weather = Weather { faults: ALSO_BAD, lost: 0.2, ..CALM };

const fn dead(name: &'static str, first: Weather) -> Scene {
    Scene { name, first, is_dead: true, ..STEADY }
}

/// In the run of 10,000, the gateway that fails: every second answer is wrong.
pub const FAILING: Weather = Weather {
    faults: &[
        Fault { wrong: Wrong::Failed, share: 0.3, leaves: 0.3 },
        Fault { wrong: Wrong::Reset, share: 0.1, leaves: 0.3 },
        Fault { wrong: Wrong::Busy, share: 0.1, leaves: 0.0 },
    ],
    ..CALM
};

/// How often a process is killed there.
pub const KILLED_EACH: Duration = Duration::from_secs(5);
