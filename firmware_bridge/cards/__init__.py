"""Cards that prove themselves by a key: NTAG 424 DNA and DESFire, with AES-128.

`aes` has the few operations that the cards use, `keys` the master key, `diversification` what each card has of it,
`handshakes` the authentications, `channel` what a session says in secret, `dialogue` the whole talk with a card put to
the reader, `enrolment` the one that gives a blank card its key, `sun` the messages that an NTAG 424 DNA mirrors into
its text, and `simulated` the cards' side of it all.

House rules: pure, bytes in and bytes out; chance is an argument; a key is never part of a `repr`; secrets are compared
in constant time.
"""
