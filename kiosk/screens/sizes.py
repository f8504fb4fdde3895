"""In which sizes the symbols are kept, in points a side: each is drawn at most twice as large as it is shown.

So they stay smooth without mipmaps, whose first making costs a tenth of a second on a software renderer.
"""

SMALL = (32, 64, 128, 256)
LARGE = (32, 64, 128, 256, 512)
