//! Which cells of the last feature map each view sees.

use crate::families::{Region, View};

/// How much each cell counts in each view, `[views, cells · cells]`: the share of the view's rectangle that lies
/// on the cell. Each view's shares add up to 1.
pub fn weights(views: &[View], cells: usize) -> Vec<f32> {
    let whole = Region {
        x: 0.0,
        y: 0.0,
        width: 1.0,
        height: 1.0,
    };
    let mut weights = Vec::with_capacity(views.len() * cells * cells);
    for view in views {
        let region = view.region.unwrap_or(whole);
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
}
