mail-help = ¿Preguntas? Llame al { $phone } ({ $hours }). Nunca le pediremos su contraseña ni un código.
mail-open = Abrir el portal
mail-reset = Elegir otra contraseña
mail-not-you = ¿No fue usted? Elija otra contraseña ahora y llámenos.
mail-welcome-subject = { $clinic }: su cuenta está abierta
mail-welcome-body = Su cuenta del portal de { $clinic } está abierta. Usted entra con su correo, su contraseña y un código que le enviamos por mensaje de texto.
mail-registration_taken-subject = { $clinic }: usted ya tiene una cuenta
mail-registration_taken-body = Alguien llenó el formulario para abrir una cuenta en { $clinic } con su correo o su teléfono. Usted ya tiene una cuenta, así que no abrimos otra.
mail-registration_taken-next = ¿Fue usted? Entre como siempre. Si olvidó su contraseña, elija otra. ¿No fue usted? No tiene que hacer nada.
mail-locked-subject = { $clinic }: su cuenta está bloqueada por ahora
mail-locked-body = Hubo demasiados intentos incorrectos de entrar. Para proteger sus datos, su cuenta está bloqueada hasta { $time }.
mail-locked-next = Sus datos están seguros. Los navegadores que ya usó pueden seguir funcionando. También puede llamarnos.
mail-unlocked-subject = { $clinic }: su cuenta está desbloqueada
mail-unlocked-body = Su equipo de salud desbloqueó su cuenta: { $time }. Ya puede entrar con su contraseña y un código.
mail-strange_codes-subject = { $clinic }: alguien escribió códigos incorrectos
mail-strange_codes-body = Alguien entró con su contraseña y después escribió códigos incorrectos, la última vez: { $time }. Si no fue usted, otra persona conoce su contraseña. Elija otra ahora.
mail-new_browser-subject = { $clinic }: entró un navegador nuevo
mail-new_browser-body = Su cuenta se abrió ({ $time }) desde un navegador que no se había usado antes: { $agent }.
mail-reset_link-subject = { $clinic }: elija otra contraseña
mail-reset_link-body = Usted pidió otra contraseña. Abra este enlace en los próximos 30 minutos. Después le enviaremos un código por mensaje de texto.
mail-reset_link-ignore = ¿No la pidió? No tiene que hacer nada. Su contraseña sigue igual.
mail-password_changed-subject = { $clinic }: su contraseña cambió
mail-password_changed-body = La contraseña de su cuenta cambió: { $time }. Cerramos la sesión en todos los navegadores.
mail-invitation-subject = { $clinic }: su invitación al portal
mail-invitation-body = { $name }, { $clinic } le invita a su portal de pacientes como miembro del personal. Abra este enlace en los próximos 7 días, elija una contraseña y confirme su celular.
mail-invitation-open = Aceptar la invitación
mail-booked-subject = { $clinic }: su cita está reservada
mail-booked-body = Su cita está reservada para { $time }. Puede verla, cambiarla o cancelarla en el portal.
mail-cancelled-subject = { $clinic }: su cita está cancelada
mail-cancelled-body = Su cita de { $time } está cancelada. Puede reservar otra en el portal.
mail-moved-subject = { $clinic }: su cita cambió
mail-moved-body = Su cita es ahora: { $time }. Puede verla en el portal.
mail-reminder-subject = { $clinic }: se acerca su cita
mail-reminder-body = Su cita es el { $time }. Puede verla, cambiarla o cancelarla en el portal.
mail-reminder-choice = En la página de su cuenta puede elegir cómo se la recordamos.
mail-news-subject = { $clinic }: algo nuevo en el portal
mail-news-body = Hay algo nuevo para leer en el portal.
mail-turned_off-subject = { $clinic }: su cuenta fue desactivada
mail-turned_off-body = La clínica desactivó su cuenta del portal. Llámenos si tiene preguntas.
mail-delivery-open = Ver las entregas
mail-spend-all = Los mensajes de texto costaron { $spent } hoy. El tope del día es { $ceiling }.
mail-spend-country = Los mensajes de texto a este país costaron { $spent } hoy: { $country }. Su tope del día es { $ceiling }.
mail-spend_near-subject = { $clinic }: los mensajes de texto se acercan al tope del día
mail-spend_near-next = Al llegar al tope no se envían códigos por mensaje hasta { $time }. Revise si los mensajes son necesarios. Quien opera el portal puede subir el tope.
mail-spend_reached-subject = { $clinic }: se alcanzó el tope del día para mensajes de texto
mail-spend_reached-next = No se envían códigos por mensaje hasta { $time }. A las personas se les pide elegir otra forma de entrar o llamar. Quien opera el portal puede subir el tope.
mail-prefix_paused-subject = { $clinic }: los mensajes a algunos números están en pausa
mail-prefix_paused-body = Casi nadie escribe los códigos que enviamos a un prefijo: { $entered } de { $codes } en un día. País: { $country }. Etiqueta: { $tag }. Puede ser un fraude para que la clínica pague mensajes.
mail-prefix_paused-next = Hasta { $time } solo reciben mensajes ahí las personas con cuenta. Si es un error, un administrador puede levantar la pausa.
mail-code-subject = { $clinic }: su código
mail-code-body = Su código para el portal es { $code }. Vale { $minutes } minutos.
mail-code-share = No lo comparta. Nunca le llamaremos para pedirlo. ¿No lo pidió usted? Elija otra contraseña.
mail-factor_added-subject = { $clinic }: se añadió una forma de entrar
mail-factor_added-body = { $kind ->
    [passkey] Se añadió una llave de acceso o de seguridad a su cuenta: { $time }.
   *[other] Se añadió una nueva forma de confirmar su identidad a su cuenta: { $time }.
}
mail-factor_removed-subject = { $clinic }: se quitó una forma de entrar
mail-factor_removed-body = { $kind ->
    [passkey] Se quitó una llave de acceso o de seguridad de su cuenta: { $time }.
   *[other] Se quitó de su cuenta una forma de confirmar su identidad: { $time }.
}
