//! Calibration curves as small pictures.

use hearken::train::Evaluation;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use hearken_cli::failure::Failure;

/// Width and height of a picture, in pixels.
const SIZE: (u32, u32) = (220, 220);
/// The area of a circle that stands for every post, as the square of its radius in pixels.
const WHOLE: f64 = 12.0 * 12.0;
const INK: RGBColor = RGBColor(36, 41, 47);
const FAINT: RGBColor = RGBColor(225, 228, 232);
const MIDDLE: RGBColor = RGBColor(140, 149, 159);
const CURVE: RGBColor = RGBColor(9, 105, 218);

/// The reliability diagram of an evaluation: how often the given label was right, by how probable
/// it was said to be. The area of a point is its share of the posts; on the dashed diagonal
/// probabilities mean what they say.
pub(crate) fn calibration(title: &str, evaluation: &Evaluation) -> Result<String, Failure> {
    let mut svg = String::new();
    drawn(title, evaluation, &mut svg).map_err(|error| {
        Failure::message(format!(
            "the calibration curve of {title} can't be drawn: {error}"
        ))
    })?;
    Ok(svg)
}

fn drawn(
    title: &str,
    evaluation: &Evaluation,
    svg: &mut String,
) -> Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let style = |size: u32, color: &RGBColor| ("sans-serif", size).into_font().color(color);
    let centred = |size, color| style(size, color).pos(Pos::new(HPos::Center, VPos::Top));
    let middle = SIZE.0 as i32 / 2;
    root.draw(&Text::new(
        title.to_owned(),
        (middle, 6),
        centred(if title.len() > 26 { 11 } else { 13 }, &INK),
    ))?;
    let figures = format!(
        "ECE {:.3}, {} posts",
        evaluation.calibration_error, evaluation.posts
    );
    root.draw(&Text::new(figures, (middle, 23), centred(11, &MIDDLE)))?;

    let mut chart = ChartBuilder::on(&root)
        .margin_top(42)
        .margin_right(14)
        .margin_left(4)
        .margin_bottom(4)
        .x_label_area_size(20)
        .y_label_area_size(28)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
    chart
        .configure_mesh()
        .x_labels(5)
        .y_labels(5)
        .axis_style(FAINT)
        .bold_line_style(FAINT)
        .light_line_style(TRANSPARENT)
        .label_style(style(10, &MIDDLE))
        .x_label_formatter(&|value| format!("{value:.1}"))
        .y_label_formatter(&|value| format!("{value:.1}"))
        .draw()?;
    chart.draw_series(DashedLineSeries::new(
        [(0.0, 0.0), (1.0, 1.0)],
        3,
        3,
        MIDDLE.into(),
    ))?;
    let filled: Vec<_> = evaluation.bins.iter().filter(|bin| bin.posts > 0).collect();
    chart.draw_series(LineSeries::new(
        filled.iter().map(|bin| (bin.probability, bin.accuracy)),
        CURVE.mix(0.35).stroke_width(1),
    ))?;
    chart.draw_series(filled.iter().map(|bin| {
        let area = WHOLE * bin.posts as f64 / evaluation.posts.max(1) as f64;
        // Whole pixels; the smallest bin is still to be seen.
        let radius = (area.sqrt().round() as i32).max(1);
        Circle::new(
            (bin.probability, bin.accuracy),
            radius,
            CURVE.mix(0.55).filled(),
        )
    }))?;
    root.present()?;
    Ok(())
}
