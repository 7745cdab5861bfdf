//! How a link is.

use std::str::FromStr;
use std::time::Duration;

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Condition {
    /// Everything passes at once.
    Well,
    /// Everything takes so much longer, in each direction.
    Delay(Duration),
    /// Nothing passes.
    Stall,
    /// This share of what passes breaks the connection off.
    Reset(f64),
}

impl Condition {
    /// How much later what came is passed on.
    pub(crate) fn delay(self) -> Duration {
        match self {
            Self::Delay(delay) => delay,
            Self::Well | Self::Stall | Self::Reset(_) => Duration::ZERO,
        }
    }

    /// Whether the piece of this number breaks the connection off: evenly spread, without chance.
    pub(crate) fn breaks(self, number: u64) -> bool {
        match self {
            Self::Reset(share) => {
                let whole = |count: u64| (count as f64 * share).floor();
                whole(number + 1) > whole(number)
            }
            Self::Well | Self::Delay(_) | Self::Stall => false,
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is none of `delay <milliseconds>`, `stall`, `reset <share>`, or nothing"
            )
        };
        match *text.split_whitespace().collect::<Vec<_>>().as_slice() {
            [] => Ok(Self::Well),
            ["stall"] => Ok(Self::Stall),
            ["delay", number] => {
                Ok(Self::Delay(Duration::from_millis(number.parse().map_err(|_| wrong())?)))
            }
            ["reset", share] => {
                let share: f64 = share.parse().map_err(|_| wrong())?;
                if (0.0..=1.0).contains(&share) { Ok(Self::Reset(share)) } else { Err(wrong()) }
            }
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        assert_eq!("".parse(), Ok(Condition::Well));
        assert_eq!("delay 300\n".parse(), Ok(Condition::Delay(Duration::from_millis(300))));
        assert_eq!("stall".parse(), Ok(Condition::Stall));
        assert_eq!("reset 0.25".parse(), Ok(Condition::Reset(0.25)));
        for wrong in ["delay", "delay x", "reset 2", "reset NaN", "reset", "slow", "stall now"] {
            assert!(wrong.parse::<Condition>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_share_of_breaks_is_the_one_told() {
        let count =
            |share| (0..1000).filter(|number| Condition::Reset(share).breaks(*number)).count();
        assert_eq!((count(0.0), count(0.25), count(1.0)), (0, 250, 1000));
    }
}
