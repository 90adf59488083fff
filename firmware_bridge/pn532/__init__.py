"""The PN532, a reader chip for 13.56 MHz cards, over its high-speed UART (NXP UM0701-02).

`frames` cuts checked frames out of the stream, `chip` knows the few commands that are used, `presence` which card is
presented and when it is gone, `link` holds the conversation and `simulator` is a chip without hardware.
"""
