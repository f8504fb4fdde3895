"""What a terminal keeps: TinyDB's API over a journal that survives power cuts, the answers of open flows, the outbox.

=============  =====================================================================================
module         is responsible for
=============  =====================================================================================
``store``      the way in: :class:`~kiosk.local_store.store.TerminalStore`, asyncio in front of one writer thread
``room``       all of it put together for that thread
``answers``    the kept answers of open flows, sealed with a key of each flow
``outbox``     records on their way to the hub
``flow_keys``  the keys of open flows, in a file where destroying is real
``keys``       the store's own key
``db``         TinyDB's API: :class:`~kiosk.local_store.db.JournalDB`
``storage``    the state behind its tables
``journal``    durable appending, segments, snapshots
``recovery``   reading a folder back: torn tail or damage? (no I/O)
``frames``     the bytes of segments, frames and snapshots (no I/O)
``disk``       the few system calls all of this makes, and who may make them
``trouble``    what can go wrong, in words for people
``link``       the connection to the hub
``finder``     where the hub is
``live``       the copy of what the hub shows
``allowed``    what may be done now, in words
=============  =====================================================================================
"""
