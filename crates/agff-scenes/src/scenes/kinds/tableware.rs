//! What one drinks and eats from.

use super::*;

pub(super) const KINDS: &[Kind] = &[
    Kind::new("mug", "mugs")
        .views(&[Side, Above])
        .patterned()
        .lettered()
        .aspects(&[
            Part("steam"),
            Part("a spoon"),
            State("whole", "broken"),
            Shape("tall", "short"),
        ]),
    Kind::new("glass", "glasses")
        .views(&[Side, Above])
        .aspects(&[
            Part("a straw"),
            State("full", "empty"),
            Shape("tall", "short"),
        ]),
    Kind::new("bottle", "bottles")
        .views(&[Side, Above])
        .aspects(&[
            Part("a label"),
            State("open", "closed"),
            Made("a long neck", "a short neck"),
        ]),
    Kind::new("plate", "plates")
        .any_way_up()
        .views(&[Above, Side])
        .patterned()
        .aspects(&[
            Part("a fork"),
            State("whole", "broken"),
            Shape("round", "square"),
        ]),
    Kind::new("bowl", "bowls")
        .views(&[Side, Above])
        .patterned()
        .role(Role::Container)
        .aspects(&[
            Part("a spoon"),
            State("full", "empty"),
            Shape("deep", "flat"),
        ]),
    Kind::new("jar", "jars").aspects(&[
        Part("a label"),
        State("full", "empty"),
        State("open", "closed"),
        Shape("tall", "short"),
    ]),
];
