//! Loops compiled for wider vectors than the baseline of x86-64 has.

/// Declares a function of which there is a second version for vectors of eight floats, taken
/// where the processor has them. Both add up the same numbers in the same order, so the results
/// are the same. The body must be loops over what is inlined; calls out of it gain nothing.
macro_rules! wide {
    ($(
        $(#[$attribute:meta])*
        fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block
    )*) => {$(
        $(#[$attribute])*
        fn $name($($argument: $type),*) {
            #[inline(always)]
            fn body($($argument: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn with_avx2($($argument: $type),*) {
                    body($($argument),*)
                }
                if std::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has just been found to have it.
                    return unsafe { with_avx2($($argument),*) };
                }
            }
            body($($argument),*)
        }
    )*};
}

pub(super) use wide;
