sms-register = { $clinic }: su codigo para confirmar este celular es { $code }. Vale 5 minutos. No lo comparta.
sms-sign_in = { $clinic }: su codigo para entrar es { $code }. Vale 5 minutos. No lo comparta. Nunca le llamaremos para pedirlo.
sms-reset_password = { $clinic }: su codigo para cambiar la contraseña es { $code }. Vale 5 minutos. No lo comparta.
sms-step_up = { $clinic }: su codigo para abrir su consulta o sus datos es { $code }. Vale 5 minutos. No lo comparta.
sms-test = { $clinic }: este es un mensaje de prueba. Usted lo pidio en el portal. No hace falta responder.
sms-locked = { $clinic }: demasiados intentos. Su cuenta queda bloqueada hasta { $time }. Los navegadores que ya uso pueden funcionar.
sms-password_changed = { $clinic }: la contraseña de su cuenta del portal cambio. Si no fue usted, llame al { $phone }.
sms-registration_taken = { $clinic }: alguien pidio una cuenta nueva con este celular, que ya tiene cuentas. Preguntas: llame al { $phone }.
