"""Real pictures: payload to PDF417 to pixels to bytes, by libraries that know nothing of us."""

import pdf417gen
import pytest
import zxingcpp
from PIL import Image, ImageFilter

from kiosk.model.documents import PhotoId
from tests.documents.scans import facts, read, robin


def picture(payload: bytes) -> Image.Image:
    return pdf417gen.render_image(pdf417gen.encode(payload, columns=12), scale=4, ratio=3).convert("L")


def scratched(image: Image.Image) -> Image.Image:
    worn = image.copy()
    worn.paste(255, (image.width // 3, 0, image.width // 3 + 5, image.height))
    worn.paste(0, (0, image.height // 2, image.width, image.height // 2 + 3))
    return worn


WEAR = {
    "new": lambda image: image,
    "tilted": lambda image: image.rotate(1, Image.Resampling.BICUBIC, expand=True, fillcolor=255),
    "upside down": lambda image: image.rotate(180),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(1)),
    "faded": lambda image: image.point(lambda level: 90 + level // 2),
    "scratched": scratched,
}


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("wear", WEAR.values(), ids=WEAR)
@pytest.mark.parametrize("version", [1, 4, 10])
def test_a_worn_licence_is_read_whole_from_its_picture(version, wear):
    payload = robin(version, own="ZFAFICTION")
    (seen,) = zxingcpp.read_barcodes(wear(picture(payload)))
    found = read(bytes(seen.bytes), seen.symbology_identifier)
    assert isinstance(found, PhotoId)
    assert facts(found) == facts(read(payload))


@pytest.mark.requirement("PAT-03")
def test_a_torn_licence_is_not_read_at_all():
    image = picture(robin())
    torn = image.crop((0, 0, image.width // 2, image.height))
    assert all(not seen.valid for seen in zxingcpp.read_barcodes(torn))
