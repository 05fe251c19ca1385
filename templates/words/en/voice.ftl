voice-gate = Hello. This is { $clinic } with the code for our website that you asked for. To hear it, press any key.
voice-code = Your code is:
voice-again = Once more. Your code is:
voice-bye = Do not tell it to anybody. Goodbye.
voice-over = This code is over. Ask for a new one on our website. Goodbye.
voice-no_key = We heard no key, so we do not read the code out. Goodbye.
