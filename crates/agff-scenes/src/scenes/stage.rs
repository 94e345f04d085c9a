//! Casting and placing: which things a scene has, what they look like, and where they stand.
//!
//! A [`Stage`] makes both scenes of a unit at once, so that everything that is not the fact in
//! question comes out the same in both.

use super::background::Background;
use super::colour::{Colour, Rgb, WHITE};
use super::draw::Draw;
use super::kinds::{self, Aspect, Kind};
use super::light::Light;
use super::look::{Figure, Lettering, Style, Surface, View};
use super::sketch::{Frame, Sketch, Thing};
use super::split::Split;
use super::wording::{Caption, Noun, Slots, Wordings};

/// Two scenes that differ in one fact, and for each its captions, the plainest first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub sketches: [Sketch; 2],
    pub captions: [Vec<Caption>; 2],
}

/// Where a unit is made.
#[derive(Debug)]
pub(super) struct Stage {
    pub draw: Draw,
    pub split: Split,
    style: Style,
}

impl Stage {
    pub fn new(mut draw: Draw, split: Split) -> Self {
        let style = Style {
            outline: *draw.pick(&[0.0, 1.3, 1.8, 2.4]),
            shaded: draw.chance(50),
        };
        Self { draw, split, style }
    }

    /// Any kind that fits; some kind does for everything that is asked here.
    pub fn kind(&mut self, fits: impl Fn(&Kind) -> bool) -> &'static Kind {
        let fitting: Vec<&'static Kind> = kinds::ALL.iter().copied().filter(|k| fits(k)).collect();
        self.draw.pick::<&'static Kind>(&fitting)
    }

    /// Any two different kinds that fit and that captions of this split may speak of together.
    pub fn pair(
        &mut self,
        first: impl Fn(&Kind) -> bool,
        second: impl Fn(&Kind) -> bool,
    ) -> [&'static Kind; 2] {
        loop {
            let a = self.kind(&first);
            let split = self.split;
            let fits = |b: &Kind| b != a && second(b) && split.joins(a, b);
            if kinds::ALL.iter().any(|b| fits(b)) {
                return [a, self.kind(fits)];
            }
        }
    }

    /// A colour that the kind may have.
    pub fn colour(&mut self, kind: &Kind) -> Colour {
        *self.draw.pick(self.split.colours(kind))
    }

    /// Two colours that the kind may have and that nobody confuses.
    pub fn two_colours(&mut self, kind: &Kind) -> [Colour; 2] {
        let mut colours = self.split.colours(kind).to_vec();
        self.draw.shuffle(&mut colours);
        let pairs = colours
            .iter()
            .flat_map(|a| colours.iter().map(move |b| [*a, *b]));
        let distance = |[a, b]: &[Colour; 2]| a.rgb().distance(b.rgb());
        let mut clear = pairs.clone().filter(|pair| distance(pair) > 0.5);
        let most = || pairs.max_by(|a, b| distance(a).total_cmp(&distance(b)));
        clear
            .next()
            .or_else(most)
            .unwrap_or([Colour::Red, Colour::Blue])
    }

    /// A figure of any colour.
    pub fn figure(&mut self, kind: &'static Kind) -> Figure {
        let colour = self.colour(kind);
        self.painted(kind, colour)
    }

    /// A figure of this colour, from its usual side, with whatever aspects.
    pub fn painted(&mut self, kind: &'static Kind, colour: Colour) -> Figure {
        let main = self.tone(colour);
        let accents = Colour::ALL.map(Colour::rgb);
        let seen: Vec<Rgb> = accents
            .into_iter()
            .filter(|c| c.distance(main) > 0.9)
            .collect();
        let accent = *self.draw.pick(&seen);
        let mut figure = Figure {
            kind,
            colour,
            main,
            accent,
            surface: Surface::Plain,
            view: kind.views[0],
            aspects: 0,
            lettering: None,
            style: self.style,
        };
        for (i, aspect) in kind.aspects.iter().enumerate() {
            let often = match aspect {
                Aspect::Part(_) => 35,
                Aspect::State(..) => 75,
                Aspect::Shape(..) | Aspect::Made(..) => 60,
            };
            figure.set(i, self.draw.chance(often));
        }
        figure
    }

    /// A tone near a colour's purest one, still called the same.
    pub fn tone(&mut self, colour: Colour) -> Rgb {
        let towards = *self.draw.pick(&[WHITE, Rgb(0, 0, 0), Rgb(128, 128, 128)]);
        colour.rgb().mix(towards, self.draw.between(0.0, 0.09))
    }

    /// A word to write, in a font.
    pub fn lettering(&mut self, word: &str) -> Lettering {
        Lettering {
            word: word.to_owned(),
            font: *self.draw.pick(self.split.fonts()),
        }
    }

    /// How a caption names a figure: mostly with its colour.
    pub fn noun(&mut self, figure: &Figure) -> Noun {
        Noun {
            kind: figure.kind,
            colour: self.draw.chance(78).then_some(figure.colour),
        }
    }

    /// One thing, in the two ways of `figures`, large, with whatever else lies about.
    pub fn solo(&mut self, figures: [Figure; 2]) -> [Sketch; 2] {
        let from_above = figures.iter().any(|figure| figure.view == View::Above);
        let ground = !from_above && self.draw.chance(55);
        let background = Background::behind(&mut self.draw, figures.iter(), ground);
        let mut thing = Thing::new(figures[0].clone());
        thing.frame = Frame::around(&figures);
        thing.size = self.draw.between(0.5, 0.78);
        thing.mirrored = self.mirrored(&figures[0]);
        self.settle(&mut thing, &background);
        let others = self.bystanders(&background, &[&thing]);
        let light = Light::any(&mut self.draw);
        figures.map(|figure| Sketch {
            background: background.clone(),
            light: light.clone(),
            things: others
                .iter()
                .cloned()
                .chain([Thing {
                    figure,
                    ..thing.clone()
                }])
                .collect(),
        })
    }

    /// Whether a thing shall face left; not what has letters.
    pub fn mirrored(&mut self, figure: &Figure) -> bool {
        figure.lettering.is_none() && self.draw.chance(50)
    }

    /// Puts a thing of known size somewhere: on the ground if there is one.
    fn settle(&mut self, thing: &mut Thing, background: &Background) {
        thing.tilt = self.draw.between(-5.0, 5.0);
        thing.centre = [self.draw.between(0.3, 0.7), self.draw.between(0.4, 0.6)];
        if let Some(horizon) = background.horizon() {
            thing.grounded = true;
            thing.tilt *= 0.4;
            let lowest = (horizon + 0.12).max(0.76);
            thing.stand_on(self.draw.between(lowest, 0.95));
        }
        thing.keep_inside(0.02);
    }

    /// Up to two small things that no caption speaks of, where there is room beside `mains`.
    pub fn bystanders(&mut self, background: &Background, mains: &[&Thing]) -> Vec<Thing> {
        let mut others: Vec<Thing> = Vec::new();
        for _ in 0..self.draw.below(3) {
            let spoken_of = |kind: &Kind| {
                mains.iter().any(|main| main.figure.kind == kind)
                    || others.iter().any(|other| other.figure.kind == kind)
            };
            let kind = self.kind(|kind| !spoken_of(kind));
            let figure = self.figure(kind);
            let mut thing = Thing::new(figure);
            thing.size = self.draw.between(0.13, 0.19);
            thing.mirrored = self.draw.chance(50);
            for _ in 0..12 {
                thing.tilt = self.draw.between(-8.0, 8.0);
                thing.centre = [self.draw.between(0.08, 0.92), self.draw.between(0.08, 0.92)];
                if let Some(horizon) = background.horizon() {
                    thing.grounded = true;
                    thing.tilt *= 0.4;
                    thing.stand_on(self.draw.between(horizon + 0.04, 0.97));
                }
                thing.keep_inside(0.01);
                let taken = |other: &Thing| thing.overlaps(other) > 0.12;
                if !mains.iter().any(|main| taken(main)) && !others.iter().any(taken) {
                    others.push(thing);
                    break;
                }
            }
        }
        others
    }

    /// The scenes with a small thing or two in the background, the same in both, where there is room.
    pub fn with_bystanders(&mut self, mut sketches: [Sketch; 2]) -> [Sketch; 2] {
        let mains: Vec<Thing> = sketches.iter().flat_map(|s| s.things.clone()).collect();
        let mains: Vec<&Thing> = mains.iter().collect();
        let background = sketches[0].background.clone();
        let others = self.bystanders(&background, &mains);
        for sketch in &mut sketches {
            sketch.things.splice(0..0, others.iter().cloned());
        }
        sketches
    }

    /// Two scenes of the same background and light with these things, from the back to the front.
    pub fn scenes(&mut self, ground: bool, things: [Vec<Thing>; 2]) -> [Sketch; 2] {
        let figures: Vec<&Figure> = things.iter().flatten().map(|thing| &thing.figure).collect();
        let background = Background::behind(&mut self.draw, figures.into_iter(), ground);
        self.scenes_before(background, things)
    }

    /// The same before a background that was chosen already.
    pub fn scenes_before(
        &mut self,
        background: Background,
        things: [Vec<Thing>; 2],
    ) -> [Sketch; 2] {
        let light = Light::any(&mut self.draw);
        things.map(|things| Sketch {
            background: background.clone(),
            light: light.clone(),
            things,
        })
    }

    /// Where a scene is, to follow a sentence: " on the grass", say, or nothing.
    pub fn place(&mut self, sketch: &Sketch) -> String {
        let place = sketch.background.place();
        match place.filter(|_| self.draw.chance(35)) {
            Some(place) => format!(" {place}"),
            None => String::new(),
        }
    }

    /// The captions of two scenes: each template for both, so that they differ in the fact alone. In
    /// training one to three further wordings follow the first.
    pub fn tell(
        &mut self,
        wordings: &'static Wordings,
        sketches: [Sketch; 2],
        slots: [Slots; 2],
    ) -> Draft {
        let mut templates = wordings.of(self.split).to_vec();
        self.draw.shuffle(&mut templates);
        let count = match self.split {
            Split::Training => 2 + self.draw.below(3),
            Split::Test => 1,
        };
        templates.truncate(count);
        let tell = |side: usize| {
            let letters = sketches[side].has_letters();
            let one = |template: &&str| slots[side].tell(template, side, letters);
            templates.iter().map(one).collect()
        };
        Draft {
            captions: [tell(0), tell(1)],
            sketches,
        }
    }
}
