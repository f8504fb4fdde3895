"""PDFs of invented certificates: lines of text on pages, or words at their places, as small as a PDF can be."""

from collections.abc import Sequence

Placed = tuple[float, float, str] | tuple[float, float, str, float]
"""From the left, from below, the words; then the height of the letters, 9 where it is not given."""


def pdf(*pages: Sequence[str]) -> bytes:
    """One PDF with these lines on its pages. Letters are those of Windows-1252."""
    drawn = []
    for lines in pages:
        high = max(842, 60 + 12 * len(lines))
        shown = b" ".join(b"(" + _escaped(line) + b") Tj T*" for line in lines)
        drawn.append((high, b"BT /F1 9 Tf 40 %d Td 12 TL " % (high - 42) + shown + b" ET"))
    return _document(drawn)


def placed(*pages: Sequence[Placed], turn: str = "1 0 0 1") -> bytes:
    """One PDF with these words at their places. ``turn``: the first four figures of the letters' matrix."""
    drawn = []
    for words in pages:
        shown = b" ".join(
            b"/F1 %g Tf %s %g %g Tm (%s) Tj" % (size[0] if size else 9, turn.encode(), x, y, _escaped(said))
            for x, y, said, *size in words
        )
        drawn.append((842, b"BT " + shown + b" ET"))
    return _document(drawn)


def _document(pages: Sequence[tuple[int, bytes]]) -> bytes:
    """Each page by its height and what is drawn on it."""
    bodies: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    kids = []
    for high, shown in pages:
        kids.append(len(bodies) + 1)
        resources = b"<< /Font << /F1 %s >> >>" % font
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 %d] /Resources %s /Contents %d 0 R >>"
        bodies.append(page % (high, resources, len(bodies) + 2))
        bodies.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown))
    bodies[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    out, starts = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        starts.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(bodies) + 1, table)
    return out + head + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(bodies) + 1, len(out))


def _escaped(line: str) -> bytes:
    return line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
