"""Documents of all kinds, written by hand, so that what is in them is known."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

import docx


def write_pdf(path: Path, pages: Sequence[str], *, title: str = "", extra: str = "") -> Path:
    """Write a PDF with a line of text on each page; ``extra`` goes into its trailer."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * place} 0 R" for place in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>")
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for place, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
        page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >>"
        objects.append(f"{page} /Contents {5 + 2 * place} 0 R >>")
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects.append(f"<< /Title ({title}) /Author (A. Writer) >>")
    raw, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(raw))
        raw += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    table += "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R {extra} >>"
    path.write_bytes(raw + f"{table}{trailer}\nstartxref\n{len(raw)}\n%%EOF\n".encode())
    return path


def write_docx(path: Path, paragraphs: Sequence[str], *, title: str = "") -> Path:
    """Write a Word document: paragraphs, then a table of two cells."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    row = document.add_table(rows=1, cols=2).rows[0]
    row.cells[0].text, row.cells[1].text = "left", "right"
    document.core_properties.title = title
    document.core_properties.author = "A. Writer"
    document.save(str(path))
    return path


def write_mail(path: Path, subject: str, text: str, *, html: str = "", attached: bytes = b"") -> Path:
    """Write a mail with a text, and perhaps the same as HTML and a file."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "ann@example.org", "ben@example.org"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    if attached:
        message.add_attachment(attached, maintype="application", subtype="pdf", filename="bill.pdf")
    path.write_bytes(message.as_bytes())
    return path
