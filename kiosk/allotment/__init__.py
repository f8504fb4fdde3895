"""``kiosk allotment``: one JSON question about what a patient may buy, one JSON answer (docs/allotments.md)."""
