//! Which cells of a picture's map each view sees.

use crate::Result;
use crate::families::{Region, View, fault};

/// Checks views that are regions of the picture.
///
/// # Errors
/// [`Code::PackageManifest`](crate::Code::PackageManifest), naming the view.
pub fn check_regions(views: &[View]) -> Result<()> {
    for (i, view) in views.iter().enumerate() {
        if view.learned > 0 || !view.prompt.is_empty() {
            let why = "has a prompt or learned vectors; views of this family are regions";
            return fault(format!("views[{i}]"), why);
        }
        if i > 0 && view.region.is_none() {
            return fault(format!("views[{i}].region"), "is missing");
        }
    }
    Ok(())
}

/// How much each cell counts in each view, `[views, cells · cells]`: the share of the view's rectangle that lies
/// on the cell. Each view's shares add up to 1.
pub fn weights(views: &[View], cells: usize) -> Vec<f32> {
    let mut weights = Vec::with_capacity(views.len() * cells * cells);
    for view in views {
        let region = view.region.unwrap_or(Region::WHOLE);
        let (across, down) = (
            shares(region.x, region.width, cells),
            shares(region.y, region.height, cells),
        );
        for y in &down {
            weights.extend(across.iter().map(|x| (x * y) as f32));
        }
    }
    weights
}

/// The cells, row by row, that a view sees of a map of `cells` × `cells` which lies on the part `seen` of the
/// picture: those whose middle is in the view's rectangle, or the nearest row and column if there are none.
pub fn cells(view: &View, seen: &Region, cells: usize) -> Vec<usize> {
    let Some(region) = view.region else {
        return (0..cells * cells).collect();
    };
    let (across, down) = (
        middles((region.x, region.width), (seen.x, seen.width), cells),
        middles((region.y, region.height), (seen.y, seen.height), cells),
    );
    down.flat_map(|y| across.clone().map(move |x| y * cells + x))
        .collect()
}

/// Which of `cells` equal parts of the stretch `seen` have their middle in the stretch `of`.
fn middles(of: (f32, f32), seen: (f32, f32), cells: usize) -> std::ops::Range<usize> {
    // In cells from the beginning of what is seen. A middle on an edge belongs to the stretch that begins there.
    let place = |at: f32| f64::from(at - seen.0) / f64::from(seen.1) * cells as f64 - 0.5;
    let edge = |at: f32| (place(at) - 1e-4).ceil().clamp(0.0, cells as f64) as usize;
    let (begin, end) = (edge(of.0), edge(of.0 + of.1));
    if begin < end {
        return begin..end;
    }
    let nearest = place(of.0 + of.1 / 2.0)
        .round()
        .clamp(0.0, (cells - 1) as f64) as usize;
    nearest..nearest + 1
}

/// The share of a stretch that lies on each of `cells` equal parts of 0 to 1.
fn shares(begin: f32, size: f32, cells: usize) -> Vec<f64> {
    let (begin, end) = (f64::from(begin), f64::from(begin) + f64::from(size));
    let mut shares: Vec<f64> = (0..cells)
        .map(|i| {
            let from = i as f64 / cells as f64;
            let to = (i + 1) as f64 / cells as f64;
            (end.min(to) - begin.max(from)).max(0.0)
        })
        // What is left of a neighbour by rounding is no part of the region.
        .map(|share| {
            if share * (cells as f64) < 1e-4 {
                0.0
            } else {
                share
            }
        })
        .collect();
    let sum: f64 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(region: Option<[f32; 4]>) -> View {
        View {
            region: region.map(|[x, y, width, height]| Region {
                x,
                y,
                width,
                height,
            }),
            ..View::default()
        }
    }

    #[test]
    fn a_view_sees_the_cells_under_its_rectangle() {
        let third = 1.0 / 3.0;
        let found = weights(
            &[
                view(None),
                view(Some([third, 0.0, third, third])),
                view(Some([0.5, 0.5, 0.5, 0.5])),
            ],
            3,
        );
        let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(close(&found[..9], &[1.0 / 9.0; 9]));
        assert!(close(
            &found[9..18],
            &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        ));
        let (ninth, two, four) = (1.0 / 9.0, 2.0 / 9.0, 4.0 / 9.0);
        let corner = [0.0, 0.0, 0.0, 0.0, ninth, two, 0.0, two, four];
        assert!(close(&found[18..], &corner), "{found:?}");
    }

    #[test]
    fn shares_add_up_to_one_for_any_rectangle() {
        for cells in [1, 7, 9, 10] {
            for (begin, size) in [(0.0, 1.0), (0.1, 0.01), (0.99, 0.01), (0.333, 0.334)] {
                let sum: f64 = shares(begin, size, cells).iter().sum();
                assert!((sum - 1.0).abs() < 1e-9, "{cells} {begin} {size}: {sum}");
            }
        }
    }

    #[test]
    fn a_grid_of_regions_shares_the_cells_out() {
        for (side, grid, lengths) in [
            (14, 3, vec![5, 4, 5]),
            (7, 3, vec![2, 3, 2]),
            (16, 2, vec![8, 8]),
        ] {
            let mut seen = vec![0; side * side];
            for y in 0..grid {
                for x in 0..grid {
                    let [x0, y0, size] = [x, y, 1].map(|n| n as f32 / grid as f32);
                    let of = cells(&view(Some([x0, y0, size, size])), &Region::WHOLE, side);
                    assert_eq!(of.len(), lengths[x] * lengths[y], "{side} {x} {y}");
                    of.into_iter().for_each(|cell| seen[cell] += 1);
                }
            }
            assert_eq!(seen, vec![1; side * side], "each cell is in one region");
        }
    }

    #[test]
    fn of_a_cropped_picture_a_region_has_the_cells_that_are_left_of_it() {
        // The middle half of a wide picture.
        let seen = Region {
            x: 0.25,
            y: 0.0,
            width: 0.5,
            height: 1.0,
        };
        let of = |region| cells(&view(Some(region)), &seen, 4);
        assert_eq!(of([0.0, 0.0, 0.5, 0.25]), [0, 1]);
        assert_eq!(of([0.5, 0.0, 0.5, 0.25]), [2, 3]);
        // A part that was cut off: the column beside it.
        assert_eq!(of([0.8, 0.75, 0.2, 0.25]), [15]);
        assert_eq!(cells(&view(None), &seen, 4).len(), 16);
    }
}
