voice-gate = Hola. Le llama { $clinic } con el código de nuestra página web que usted pidió. Para oírlo, pulse cualquier tecla.
voice-code = Su código es:
voice-again = Otra vez. Su código es:
voice-bye = No se lo diga a nadie. Adiós.
voice-over = Este código ya no sirve. Pida otro en nuestra página web. Adiós.
voice-no_key = No oímos ninguna tecla, por eso no leemos el código. Adiós.
