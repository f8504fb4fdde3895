"""Driver licences on phones (ISO/IEC 18013-5), presented in person: asked for, received and proven, or refused.

Pure: bytes in, bytes out. How the bytes travel is the business of ``kiosk.hw.mdoc``.
"""
