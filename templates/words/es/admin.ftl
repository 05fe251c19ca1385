overview-title = Resumen
overview-locked = Bloqueadas ahora
overview-locked-some = Esperan una revisión
overview-locked-link = Abrir los bloqueos
overview-failed = Entradas fallidas
overview-failed-hint = Contraseñas y códigos incorrectos en la última hora
overview-failed-link = Abrir el registro de auditoría
overview-texts = Mensajes de texto en la última hora
overview-texts-sent = Enviados
overview-texts-failed = Fallidos
overview-texts-waiting = En camino
overview-people = Personas
overview-patients = Pacientes
overview-doctors = Médicos
overview-admins = Administración
overview-people-link = Buscar a una persona
lockouts-title = Bloqueos
lockouts-none = Ninguna cuenta está bloqueada.
lockouts-none-next = ¿Alguien dice que no puede entrar?
lockouts-count = { $n ->
    [one] 1 cuenta está bloqueada ahora.
   *[other] { $n } cuentas están bloqueadas ahora.
}
lockouts-caption = Bloqueadas ahora
lockouts-person = Persona
lockouts-locks = Bloqueos seguidos
lockouts-place = Intentos desde
lockouts-at = Bloqueada el
lockouts-until = Se abre sola el
lockouts-review = Revisar, { $initials }
lockouts-more = { $n ->
    [one] 1 navegador más está bloqueado.
   *[other] { $n } navegadores más están bloqueados.
}
lockouts-why-password = Contraseñas incorrectas, { $n } seguidas
lockouts-why-code = Códigos incorrectos, { $n } seguidos
lockouts-why-other = Respuestas incorrectas, { $n } seguidas
lockouts-oneself = Nadie puede desbloquear su propia cuenta. Pida ayuda a otra persona de administración.
review-title = Revisar el bloqueo
review-done = Desbloqueada a las { $time }. Avisamos a la persona por correo.
review-locked = Bloqueada por ahora
review-open = Sin bloqueo
review-not_locked = Esta cuenta no está bloqueada ahora. Si su correo está en pausa por contraseñas incorrectas, desbloquear también la quita.
review-where = Bloqueada en
review-strangers = Todos los navegadores desconocidos
review-known = Un navegador conocido
review-unlock = Desbloquear ahora
review-person = Sobre esta persona
unlock-title = Desbloquear la cuenta
unlock-body = Esto borra los intentos incorrectos. La persona todavía necesita su contraseña y un código.
unlock-reason-hint = Cómo comprobó quién llama, la fecha y el número de caso. No escriba nada sobre su salud.
unlock-submit = Desbloquear
unlock-keep = Dejarla bloqueada
checks-title = Entradas revisadas recientes
checks-hint = Cada entrada con la contraseña correcta o una llave de acceso, lo que se quería de ella y por qué. A quien no tiene un factor más fuerte se le pide lo que tiene.
checks-none = No se revisó ninguna entrada en 90 días.
checks-caption = Entradas con la contraseña correcta o una llave de acceso, primero las más recientes
checks-when = Cuándo
checks-place = Dónde
checks-in-country = { $network }, { $country }
checks-outcome = Se quería
checks-reasons = Por qué
checks-ended = Qué pasó
checks-ended-signed_in = Entró
checks-ended-refused = No entró
checks-ended-open = Sin terminar
checks-no-reason = Nada fuera de lo común
checks-points = { $n ->
    [one] { $n } punto
   *[other] { $n } puntos
}
risk-outcome-allow = Ningún código
risk-outcome-code = Un código
risk-outcome-stronger = Un factor más fuerte
risk-outcome-hold = Detenida
risk-reason-unknown_browser = Navegador desconocido
risk-reason-new_network = Red nueva
risk-reason-new_country = País nuevo
risk-reason-too_fast = Demasiado lejos de la última entrada para el tiempo entre ambas
risk-reason-some_failures = Algunas contraseñas o códigos incorrectos en 24 horas
risk-reason-many_failures = Muchas contraseñas o códigos incorrectos en 24 horas
risk-reason-stuffing = Muchas contraseñas incorrectas en todas las cuentas
risk-reason-new_number = El número de teléfono es nuevo
risk-reason-failing_number = No llegaron códigos al número de teléfono
reason-label = Motivo
reason-empty = Escriba un motivo
reason-long = Escriba un motivo de { $most } caracteres como máximo
people-title = Personas
people-tab = Cuentas
people-find = Buscar por correo
people-find-hint = Escriba la dirección completa.
people-find-submit = Buscar
people-find-none = Ninguna cuenta usa este correo. Revise cómo está escrito.
people-role = Mostrar
people-role-hint = Elija a quién muestra la lista.
people-role-any = Todas las personas
people-role-submit = Mostrar
people-none = No hay cuentas aquí.
people-count = { $n ->
    [one] 1 cuenta.
   *[other] { $n } cuentas.
}
people-caption = Lo más reciente primero
people-phone = Teléfono
people-opened = Abierta el
people-state = Estado
people-on = Puede entrar
people-off = Desactivada
people-off-since = Desactivada desde el { $when }
people-mail = Correo
people-mail-returns = El correo se devuelve
people-mail-no_mailbox = Devuelto el { $when }: no existe ese buzón
people-mail-full = Devuelto el { $when }: el buzón está lleno
people-mail-blocked = Devuelto el { $when }: su servidor bloquea nuestro correo
people-mail-refused = Devuelto el { $when }: su servidor lo rechazó
people-mail-hint = La persona ve que nuestros correos se devuelven. El aviso se quita solo tres días después de que un correo fue aceptado. ¿Sabe que los correos le llegan otra vez? Quítelo ahora.
people-mail-works = El correo ya funciona
people-mail-done = El aviso está quitado. Escribimos correos como antes.
people-language = Idioma
people-sessions = Sesiones abiertas
people-sessions-count = { $n ->
    [0] Ninguna
    [one] En 1 navegador
   *[other] En { $n } navegadores
}
people-id = Número de cuenta
people-lockout = Bloqueo e historial de entradas
people-lockout-hint = Lo que pasó en 30 días, y desbloquear
people-trail = Lo que hizo esta persona
people-trail-hint = Sus acciones en el registro de auditoría
turn-off-link = Desactivar la cuenta
turn-on-link = Activar la cuenta
turn-off-title = Desactivar la cuenta
turn-on-title = Activar la cuenta
turn-off-body = Después nadie puede entrar con esta cuenta y sus sesiones terminan enseguida. No se borra nada. Avisamos a la persona por correo.
turn-off-booked = { $n ->
    [one] Se cancela 1 cita próxima con este médico. Avisamos al paciente por correo.
   *[other] Se cancelan { $n } citas próximas con este médico. Avisamos a los pacientes por correo.
}
turn-on-body = Después la persona puede entrar otra vez, con su contraseña y un código.
turn-reason-hint = Por qué, y quién lo pidió. No escriba nada sobre su salud.
turn-off-submit = Desactivar
turn-on-submit = Activar
turn-keep = Dejarla como está
turn-oneself = Nadie puede desactivar su propia cuenta. Pida ayuda a otra persona de administración.
turn-last_admin = Es la última persona de administración que puede entrar. Invite primero a otra.
turn-done-off = La cuenta está desactivada. Todas sus sesiones terminaron.
turn-done-on = La cuenta está activada.
invite-title = Invitar al equipo
invite-body = Enviamos por correo un enlace que sirve 7 días, una vez. Con él la persona elige una contraseña y confirma su teléfono.
invite-role-empty = Elija qué será la persona
invite-specialty = Especialidad de un médico
invite-specialty-hint = Como la leen los pacientes, por ejemplo Medicina general. Déjela vacía para administración.
invite-specialty-empty = Escriba qué hace el médico, por ejemplo Medicina general
invite-specialty-long = Escriba una especialidad de { $most } caracteres como máximo
invite-has_account = Este correo ya tiene una cuenta. Escriba otro.
invite-submit = Enviar la invitación
invite-done = Enviamos la invitación por correo. El enlace sirve 7 días.
invite-withdrawn = La invitación está retirada. Su enlace ya no sirve.
invitations-title = Invitaciones
invitations-tab = Invitaciones
invitations-none = No hay ninguna invitación abierta.
invitations-caption = Invitaciones abiertas
invitations-until = Sirve hasta el
invitations-withdraw = Retirar, { $name }
audit-title = Registro de auditoría
audit-linked = La cadena se enlazó por última vez el { $when } y contiene { $n ->
    [one] 1 acción.
   *[other] { $n } acciones.
}
audit-unlinked = La cadena está vacía.
audit-waiting = { $n ->
    [0] Ninguna acción espera su enlace.
    [one] 1 acción espera su enlace.
   *[other] { $n } acciones esperan su enlace.
}
audit-verify = Revisar toda la cadena
audit-whole = { $n ->
    [one] La cadena está entera: 1 acción, sin cambios.
   *[other] La cadena está entera: { $n } acciones, sin cambios y en orden.
}
audit-broken = { $seq ->
    [0] La cadena está rota.
   *[other] La cadena está rota en la acción { $seq }.
}
audit-broken-next = No cambie nada. Avise al operador del portal, que la compara con los registros y las copias.
audit-filter = Filtrar
audit-filter-submit = Mostrar
audit-filter-none = Mostrar todo
audit-actor = Hecho por
audit-actor-hint = Un correo o un número de cuenta
audit-actor-none = Ninguna cuenta usa este correo o número. Revise cómo está escrito.
audit-deed = Qué
audit-deed-any = Todo
audit-day = Día
audit-day-hint = Por ejemplo 2026-11-03
audit-day-malformed = Escriba un día como 2026-11-03
audit-whom = A quién o qué
audit-record = Datos de paciente
audit-no_account = Un correo sin cuenta
audit-none = No hay nada así. Cambie el filtro.
audit-newest = Lo más reciente
audit-older = Anteriores
delivery-title = Entrega
delivery-about = Qué pasó con los mensajes de texto y las llamadas. Llegados son los que confirmó la red telefónica, y las llamadas en que se leyó el código.
delivery-chart-caption = Mensajes y llamadas de las últimas 24 horas. Los números: llegados / sin noticia / fallidos
delivery-not_told = Sin noticia
delivery-chart = Una barra por proveedor y país. La tabla de las últimas 24 horas tiene los mismos números.
delivery-hour = En la última hora
delivery-day = En las últimas 24 horas
delivery-none = No se envió ningún mensaje ni se llamó a nadie.
delivery-gateway = Proveedor
delivery-by_call = { $gateway } (llamada)
delivery-country = País
delivery-country-unknown = Desconocido
delivery-tried = Intentados
delivery-sent = Enviado
delivery-arrived = Llegado
delivery-failed = Fallido
delivery-median = La mitad llegó en
delivery-p95 = 95 de 100 llegaron en
delivery-seconds = { $n } s
delivery-untold = No se sabe
delivery-test-title = Enviar una prueba
delivery-test-body = Enviamos un mensaje a su propio teléfono. No lleva código. Después aparece en la lista de abajo.
delivery-test-submit = Enviar una prueba a mi teléfono
delivery-test-sent = Estamos enviando una prueba a su teléfono. Cargue esta página otra vez para ver qué pasó.
delivery-test-wait = Envió muchas pruebas. Puede enviar otra a las { $time }.
delivery-texts = Mensajes más recientes
delivery-texts-none = Todavía no hay mensajes.
delivery-texts-caption = Los 50 más recientes, el último primero
delivery-queued = En cola desde
delivery-what = Qué
delivery-code = Código
delivery-notice = Aviso
delivery-test = Prueba
delivery-phone = Teléfono
delivery-state = Estado
delivery-attempts = Intentos
delivery-attempts-none = No se usó ningún proveedor
delivery-on_network = En la red telefónica
delivery-not_delivered = No entregado
delivery-waiting = En camino
delivery-later = Aplazado
delivery-refused = Rechazado
delivery-no_answer = Sin respuesta
delivery-dropped = Ya no hacía falta
delivery-opted_out = El teléfono pidió no recibir mensajes
delivery-gateways = Proveedores
delivery-gateways-about = Un proveedor que falla cinco veces seguidas se deja en paz un tiempo. Los códigos salen entonces por otro, si lo hay.
delivery-gateway-works = Funciona
delivery-gateway-failures = { $n ->
    [one] Falló una vez, la última
   *[other] Falló { $n } veces seguidas
}
delivery-gateway-open = En pausa desde las { $since }. Se prueba de nuevo desde las { $next }.
delivery-find-hint = Buscamos esta dirección completa y mostramos los mensajes de esa persona
delivery-find-submit = Mostrar sus mensajes
delivery-person = Mensajes a { $name }
delivery-silent = Aceptado, y sin noticias desde entonces
delivery-late = Demasiado tarde
delivery-conversion = Códigos escritos
delivery-conversion-none = Sin códigos
delivery-conversion-some = { $entered } de { $codes } ({ $percent } %)
delivery-cost = Costo
delivery-country-all = Todos los países
delivery-money = Dinero de hoy
delivery-money-caption = Lo que costaron hoy los mensajes y las llamadas, frente a cada tope. Apartado es lo que se espera que cuesten los códigos en camino
delivery-spent = Gastado
delivery-set_aside = Apartado
delivery-ceiling = Tope
delivery-ceiling-free = Por debajo del tope
delivery-ceiling-near = Cerca del tope
delivery-ceiling-holds = Hoy no se envían códigos por mensaje
delivery-pauses = Números en pausa
delivery-pauses-about = Casi nadie escribió los códigos que enviamos a estos prefijos. Ahora solo reciben mensajes ahí las personas con cuenta. Una etiqueta representa las siete primeras cifras de un número, que no guardamos legibles. La misma etiqueta son las mismas cifras.
delivery-pauses-caption = Prefijos en pausa, los más recientes primero
delivery-tag = Etiqueta
delivery-paused = En pausa desde
delivery-pause-ends = Termina por sí sola
delivery-pause-lift = Levantar la pausa, { $tag }
delivery-pause-lifted = Se levantó la pausa. Los mensajes se envían ahí de nuevo.
