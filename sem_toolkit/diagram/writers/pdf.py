"""The title of a PDF, and its picture marked as a figure with a description that screen readers speak.

Graphviz writes neither; they are appended as an incremental update (ISO 32000-1, 7.5.6; structure in 14.7 and 14.8).
"""

import re

TAGGED_CONTENT = b"/Figure << /MCID 0 >> BDC\n", b"\nEMC\n"
"""What begins and ends the content that belongs to the figure."""

NEW_OBJECTS = 6

DATE = re.compile(rb"/CreationDate \(D:(\d{14})")


def write_tags(pdf: bytes, title: str, description: str) -> bytes:
    """The PDF with title, language and a tagged figure; the same picture gives the same bytes.

    A file whose objects lie in compressed streams (cairo 1.18 and later) is given back as it is.
    """
    size, root, info = (_find_number(rb"/%b (\d+)" % name, pdf) for name in (b"Size", b"Root", b"Info"))
    start = _find_number(rb"startxref\s+(\d+)\s+%%EOF\s*$", pdf)
    page = re.search(rb"(\d+) 0 obj\s*<< /Type /Page\b.*?/Contents (\d+) 0 R.*?>>\s*endobj", pdf, re.DOTALL)
    pages = _find_number(rb"/Pages (\d+) 0 R", pdf)
    if size is None or root is None or info is None or start is None or pages is None or page is None:
        return pdf
    if b"/ObjStm" in pdf:
        return pdf
    tree, document, figure, parents, opening, closing = range(size, size + NEW_OBJECTS)
    number, content = int(page.group(1)), int(page.group(2))
    changed = page.group(0).split(b"obj", 1)[1].rsplit(b"endobj", 1)[0].strip()
    contents = b"/StructParents 0 /Contents [%d 0 R %d 0 R %d 0 R]" % (opening, content, closing)
    catalog = (
        b"<< /Type /Catalog /Pages %d 0 R /Lang (en) /MarkInfo << /Marked true >> /StructTreeRoot %d 0 R "
        b"/ViewerPreferences << /DisplayDocTitle true >> >>" % (pages, tree)
    )
    figure_element = b"<< /Type /StructElem /S /Figure /P %d 0 R /Pg %d 0 R /K 0 /Alt %b >>" % (
        document,
        number,
        _format_text(description),
    )
    objects = {
        root: catalog,
        info: b"<< /Title %b /Creator (sem_toolkit) >>" % _format_text(title),
        number: re.sub(rb"/Contents \d+ 0 R", contents, changed),
        tree: b"<< /Type /StructTreeRoot /K [%d 0 R] /ParentTree %d 0 R /ParentTreeNextKey 1 >>" % (document, parents),
        document: b"<< /Type /StructElem /S /Document /P %d 0 R /K [%d 0 R] >>" % (tree, figure),
        figure: figure_element,
        parents: b"<< /Nums [0 [%d 0 R]] >>" % figure,
        opening: _format_stream(TAGGED_CONTENT[0]),
        closing: _format_stream(TAGGED_CONTENT[1]),
    }
    body = DATE.sub(b"/CreationDate (D:20000101000000", pdf)
    table = b"xref\n"
    for key in sorted(objects):
        table += b"%d 1\n%010d 00000 n \n" % (key, len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (key, objects[key])
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /Prev %d >>\n" % (size + NEW_OBJECTS, root, info, start)
    return body + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(body)


def _find_number(pattern: bytes, pdf: bytes) -> int | None:
    found = re.findall(pattern, pdf)
    return int(found[-1]) if found else None


def _format_text(text: str) -> bytes:
    """A text string in UTF-16, in hexadecimal digits."""
    return b"<FEFF%b>" % text.encode("utf-16-be", errors="replace").hex().upper().encode()


def _format_stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content)
