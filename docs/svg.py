"""Small SVG drawings for pages of the documentation, which follow the reader's light or dark color scheme."""

from html import escape

STYLE = """\
<style>
text { font: 13px sans-serif; fill: #1f2328 } .small { font-size: 11px; fill: #656d76 } .title { font-size: 15px }
.line, .axis { stroke: #8c959f; fill: none } .node { fill: #eaf2fb; stroke: #3b6ea8; stroke-width: 1.5 }
.c0 { stroke: #3b6ea8 } .c1 { stroke: #c9510c } .c2 { stroke: #6f42c1 } .curve { fill: none; stroke-width: 2 }
.t0 { fill: #3b6ea8 } .t1 { fill: #c9510c } .t2 { fill: #6f42c1 } .wide { stroke-width: 3 }
.dashed { stroke-dasharray: 5 4 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .small { fill: #9198a1 } .node { fill: #1c2a3a }
.c0 { stroke: #79b8ff } .c1 { stroke: #ff9a5c } .c2 { stroke: #c4a7ff }
.t0 { fill: #79b8ff } .t1 { fill: #ff9a5c } .t2 { fill: #c4a7ff } }
</style>"""
ARROW = """\
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0L8 4L0 8z" class="t1"/></marker></defs>"""

NAMESPACE = "http://www.w3.org/2000/svg"

Point = tuple[float, float]


class Drawing:
    """An SVG document of a size in pixels, with shapes in the order in which they are added."""

    def __init__(self, width: int, height: int, label: str) -> None:
        self.parts = [
            f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">',
            STYLE,
            ARROW,
        ]

    def text(self, at: Point, text: str, style: str = "", anchor: str = "middle") -> None:
        """Write a text, whose middle (or start, or end) is at a point."""
        x, y = at
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{style}">{escape(text)}</text>')

    def line(self, points: list[Point], style: str, *, arrow: bool = False) -> None:
        """Draw straight lines from point to point; `arrow`: with a head at the end."""
        path = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        head = ' marker-end="url(#arrow)"' if arrow else ""
        self.parts.append(f'<path d="M{path}" class="{style}" fill="none"{head}/>')

    def circle(self, at: Point, radius: float, style: str) -> None:
        """Draw a circle."""
        self.parts.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius}" class="{style}"/>')

    def bar(self, at: Point, size: Point, style: str) -> None:
        """Draw a filled rectangle from its upper left corner."""
        place = f'x="{at[0]:.1f}" y="{at[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}"'
        self.parts.append(f'<rect {place} class="{style}"/>')

    def document(self) -> str:
        """Return the SVG document."""
        return "\n".join([*self.parts, "</svg>\n"])


class Axes:
    """A part of a drawing in which points are given in the units of two axes."""

    def __init__(self, drawing: Drawing, box: tuple[Point, Point], x: Point, y: Point, labels: tuple[str, str]) -> None:
        """Draw the axes. `box`: the upper left and the lower right corner; `x`, `y`: lowest and highest value."""
        self.drawing, self.box, self.x, self.y = drawing, box, x, y
        (left, top), (right, bottom) = box
        drawing.line([(left, top), (left, bottom), (right, bottom)], "axis")
        for value, place, anchor in ((x[0], (left, bottom + 15), "start"), (x[1], (right, bottom + 15), "end")):
            drawing.text(place, f"{value:g}", "small", anchor)
        drawing.text((left - 5, bottom), f"{y[0]:g}", "small", "end")
        drawing.text((left - 5, top + 10), f"{y[1]:g}", "small", "end")
        drawing.text(((left + right) / 2, bottom + 30), labels[0], "small")
        drawing.text((left, top - 8), labels[1], "small")

    def at(self, point: Point) -> Point:
        """Return where a point is in the drawing; values beyond the axes are moved to their ends."""
        (left, top), (right, bottom) = self.box
        across, up = (
            (min(max(value, low), high) - low) / (high - low)
            for value, (low, high) in zip(point, (self.x, self.y), strict=True)
        )
        return left + across * (right - left), bottom - up * (bottom - top)

    def curve(self, points: list[Point], style: str) -> None:
        """Draw a curve through points."""
        self.drawing.line([self.at(point) for point in points], f"curve {style}")
