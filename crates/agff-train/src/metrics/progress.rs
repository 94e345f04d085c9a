//! What a step came to, and the line that people watch.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// The speed shown is that of so many steps.
const REMEMBERED: usize = 50;

/// What a step came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepReport {
    /// The loss.
    pub loss: f64,
    /// Part of the queries whose own positive was the nearest target of the batch.
    pub accuracy: f64,
    /// The mean of `−log p` over the tokens of captions, in nats; `None` where none are learned.
    pub captions: Option<f64>,
    /// Mean weights of the four patterns at the positives: global–global, fine–global, global–fine,
    /// fine–fine. They sum to 1. `None` without fine views.
    pub patterns: Option<[f64; 4]>,
    /// Mean cosine between two views of one input: near 1, the views have become copies of each
    /// other. `None` with one view.
    pub view_cosine: Option<f64>,
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// The norm of all gradients together, before they were shortened.
    pub gradient_norm: f64,
    /// τ of the loss.
    pub temperature: f64,
    /// Rows of the step.
    pub samples: u64,
    /// How long the step took.
    pub elapsed: Duration,
}

impl StepReport {
    /// The values under their names in `metrics.jsonl`.
    pub fn values(&self) -> Vec<(&'static str, f64)> {
        let mut values = vec![
            ("loss", self.loss),
            ("accuracy", self.accuracy),
            ("learning_rate", self.learning_rate),
            ("gradient_norm", self.gradient_norm),
            ("temperature", self.temperature),
        ];
        values.extend(self.captions.map(|loss| ("caption_loss", loss)));
        if let Some(weights) = self.patterns {
            let names = ["pattern_gg", "pattern_fg", "pattern_gf", "pattern_ff"];
            values.extend(names.into_iter().zip(weights));
        }
        values.extend(self.view_cosine.map(|cosine| ("view_cosine", cosine)));
        values.push(("samples", self.samples as f64));
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 {
            values.push(("samples_per_second", self.samples as f64 / seconds));
        }
        values
    }
}

/// The line that people watch: `Display` gives it.
///
/// ```text
/// loss 2.314  accuracy 45.3 %  patterns 31 24 25 20 %  views 0.42  118.2/s  0:04:10 left
/// ```
#[derive(Debug, Clone)]
pub struct Progress {
    done: u64,
    total: u64,
    last: Option<StepReport>,
    recent: VecDeque<(u64, Duration)>,
}

impl Progress {
    /// Of a run of `total` steps that goes on after `done` of them.
    pub fn new(done: u64, total: u64) -> Self {
        Self {
            done,
            total,
            last: None,
            recent: VecDeque::with_capacity(REMEMBERED),
        }
    }

    /// One more step is done.
    pub fn step(&mut self, report: StepReport) {
        self.done += 1;
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((report.samples, report.elapsed));
        self.last = Some(report);
    }

    /// Steps that are done, those before the run went on too.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Steps of the whole run.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Rows a second, over the last steps of this process; `None` before the first.
    pub fn samples_per_second(&self) -> Option<f64> {
        let samples: u64 = self.recent.iter().map(|(samples, _)| samples).sum();
        let seconds = self.recent_time().as_secs_f64();
        (seconds > 0.0).then(|| samples as f64 / seconds)
    }

    /// The time that the rest of the steps will take at the speed of the last ones.
    pub fn left(&self) -> Option<Duration> {
        let steps = u32::try_from(self.recent.len()).ok().filter(|&n| n > 0)?;
        let left = u32::try_from(self.total.saturating_sub(self.done)).ok()?;
        (self.recent_time() / steps).checked_mul(left)
    }

    fn recent_time(&self) -> Duration {
        self.recent.iter().map(|(_, elapsed)| elapsed).sum()
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(report) = &self.last else {
            return f.write_str("first step");
        };
        let percent = |part: f64| part * 100.0;
        write!(f, "loss {:.3}", report.loss)?;
        write!(f, "  accuracy {:.1} %", percent(report.accuracy))?;
        if let Some(loss) = report.captions {
            write!(f, "  captions {loss:.2}")?;
        }
        if let Some(weights) = report.patterns {
            let [gg, fg, gf, ff] = weights.map(percent);
            write!(f, "  patterns {gg:.0} {fg:.0} {gf:.0} {ff:.0} %")?;
        }
        if let Some(cosine) = report.view_cosine {
            write!(f, "  views {cosine:.2}")?;
        }
        if let Some(speed) = self.samples_per_second() {
            write!(f, "  {speed:.1}/s")?;
        }
        if let Some(left) = self.left() {
            let seconds = left.as_secs();
            let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
            write!(f, "  {hours}:{minutes:02}:{:02} left", seconds % 60)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(samples: u64, milliseconds: u64) -> StepReport {
        StepReport {
            loss: 2.3141,
            accuracy: 0.4531,
            patterns: Some([0.31, 0.24, 0.25, 0.2]),
            view_cosine: Some(0.421),
            samples,
            elapsed: Duration::from_millis(milliseconds),
            ..StepReport::default()
        }
    }

    #[test]
    fn the_line_says_what_the_last_step_came_to_how_fast_and_how_long_it_goes_on() {
        let mut progress = Progress::new(100, 602);
        assert_eq!(progress.to_string(), "first step");
        progress.step(report(64, 400));
        progress.step(report(64, 600));
        assert_eq!(progress.done(), 102);
        assert_eq!(
            progress.to_string(),
            "loss 2.314  accuracy 45.3 %  patterns 31 24 25 20 %  views 0.42  128.0/s  0:04:10 left"
        );
    }

    #[test]
    fn speed_and_time_left_follow_the_last_steps_alone() {
        let mut progress = Progress::new(0, 1000);
        progress.step(report(64, 100_000));
        for _ in 0..REMEMBERED {
            progress.step(report(64, 500));
        }
        assert_eq!(progress.samples_per_second(), Some(128.0));
        let left = 1000 - 1 - REMEMBERED as u64;
        assert_eq!(
            progress.left(),
            Some(Duration::from_millis(500) * left as u32)
        );
    }

    #[test]
    fn a_model_with_one_view_has_no_patterns_and_no_cosine_of_views() {
        let mut progress = Progress::new(0, 10);
        let single = StepReport {
            patterns: None,
            view_cosine: None,
            ..report(8, 1000)
        };
        let names: Vec<_> = single.values().into_iter().map(|(name, _)| name).collect();
        assert!(names.contains(&"loss") && names.contains(&"samples_per_second"));
        assert!(
            !names
                .iter()
                .any(|name| name.contains("pattern") || name.contains("view"))
        );
        progress.step(StepReport {
            captions: Some(1.25),
            ..single
        });
        assert_eq!(
            progress.to_string(),
            "loss 2.314  accuracy 45.3 %  captions 1.25  8.0/s  0:00:09 left"
        );
    }
}
