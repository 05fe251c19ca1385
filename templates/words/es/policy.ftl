nav-policy = Políticas
policy-title = Políticas
policy-intro = Lo que cada persona necesita para entrar, según su función. Antes de cada cambio verá a quién afecta.
policy-done = La política cambió para esta función: { $role }.
policy-caption = Política para: { $people }
policy-setting = Ajuste
policy-now = Ahora
policy-then = Después
policy-default = De origen
policy-effect = Qué cambia para las personas
policy-change = Cambiar la política: { $people }
policy-changed = { $name } la cambió el { $when }.
policy-changed-why = Motivo: { $reason }
policy-unchanged = Nadie la cambió. Valen los valores de origen.
policy-allowed = Formas que valen
policy-allowed-patients = Además de la contraseña. Para los pacientes siempre valen los mensajes de texto.
policy-allowed-staff = Además de la contraseña. Para el equipo nunca valen los códigos por correo.
policy-required = Cómo debe ser una forma de cada persona
policy-required-any = Cualquier forma que valga
policy-required-not_by_phone = Una llave de acceso o de seguridad, o una aplicación de autenticación
policy-required-resists_phishing = Una llave de acceso o de seguridad
policy-trust = Navegadores de confianza
policy-idle = Salida por falta de uso
policy-longest = Sesión más larga
policy-step_up = Una prueba sigue reciente
policy-effect-allowed = Solo se entra de estas formas. Quien no tenga ninguna debe añadir una la próxima vez que entre.
policy-effect-required = Quien no tenga ninguna debe añadirla al entrar. Hasta entonces solo se abre su propia cuenta.
policy-effect-trust = Durante ese tiempo un navegador puede entrar sin código, si el paciente lo desea.
policy-effect-idle = La sesión se cierra cuando nadie la usa durante ese tiempo.
policy-effect-longest = Pasado ese tiempo hay que entrar de nuevo, aunque se use el portal.
policy-effect-step_up = Pasado ese tiempo pedimos otro código antes de resultados, consultas y cambios.
policy-way-passkey = Llave de acceso o de seguridad
policy-way-passkey-hint = La forma más segura: una página que imite la nuestra no puede usarla.
policy-way-totp = Aplicación de autenticación
policy-way-sms = Código por mensaje de texto
policy-way-voice = Código por llamada
policy-way-phone-hint = La forma más débil: otra persona puede apoderarse de un número de teléfono.
policy-way-email = Código por correo
policy-way-recovery = Código de recuperación
policy-way-recovery-hint = La vuelta para quien perdió todo lo demás.
policy-on = Vale
policy-off = No vale
policy-days = { $n ->
    [0] Ninguno
    [one] 1 día
   *[other] { $n } días
}
policy-hours = { $n ->
    [one] 1 hora
   *[other] { $n } horas
}
policy-minutes = { $n ->
    [one] 1 minuto
   *[other] { $n } minutos
}
policy-hint-days = Días, de { $least } a { $most }. Con 0 no se confía en ningún navegador.
policy-hint-hours = Horas, de { $least } a { $most }
policy-hint-minutes = Minutos, de { $least } a { $most }
policy-flaw-number = Escriba un número de { $least } a { $most }
policy-flaw-required = Elija cómo debe ser una forma de cada persona
policy-flaw-mail = Los códigos por correo no pueden valer para el equipo. Desmárquelos.
policy-flaw-texts = Los mensajes de texto siempre valen para los pacientes. Todos empiezan con ellos.
policy-flaw-calls = Las llamadas van a los mismos teléfonos. Marque también los mensajes de texto, o desmarque las llamadas.
policy-flaw-nothing = Marque al menos una forma para todos los días. Los códigos de recuperación sirven una vez.
policy-flaw-unmet = Ninguna forma que valga cumple esto. Marque una que lo cumpla, o elija menos.
policy-edit-intro = Todavía no cambia nada. La página siguiente dice a quién afecta su cambio.
policy-check = Revisar el cambio
policy-keep = Dejarla como está
policy-own = Abrir la seguridad de su propia cuenta
policy-refused-same = Nada es distinto. Cambie antes un ajuste.
policy-refused-changed = Otra persona cambió esta política mientras tanto. Abajo está lo que vale ahora. Repita su cambio.
policy-refused-oneself = Usted no tiene nada que valdría después. Añada antes esto a su propia cuenta: { $ways }.
policy-refused-acknowledge = Marque la casilla: habrá personas que deban añadir una forma.
policy-check-title = Revisar el cambio de política
policy-touched = A quién afecta
policy-touched-people = { $n ->
    [one] 1 persona tiene esta función y puede entrar.
   *[other] { $n } personas tienen esta función y pueden entrar.
}
policy-touched-must_add = { $n ->
    [0] Nadie tiene que añadir una forma de entrar.
    [one] 1 persona no tiene nada que valga después. Debe añadir una forma la próxima vez que entre.
   *[other] { $n } personas no tienen nada que valga después. Deben añadir una forma la próxima vez que entren.
}
policy-touched-already = { $n ->
    [one] De ellas, 1 persona ya debía añadir una antes de este cambio.
   *[other] De ellas, { $n } personas ya debían añadir una antes de este cambio.
}
policy-touched-calls = { $n ->
    [one] 1 persona pidió que primero la llamen. Después recibe mensajes de texto, donde valgan.
   *[other] { $n } personas pidieron que primero las llamen. Después reciben mensajes de texto, donde valgan.
}
policy-touched-ending = { $n ->
    [0] Ninguna sesión se cierra de inmediato.
    [one] 1 sesión abierta se cierra de inmediato.
   *[other] { $n } sesiones abiertas se cierran de inmediato.
}
policy-touched-idle = { $n ->
    [0] No hay sesiones abiertas. Las siguientes se cierran tras { $minutes } minutos sin uso.
    [one] 1 sesión abierta se cierra tras { $minutes } minutos sin uso.
   *[other] { $n } sesiones abiertas se cierran tras { $minutes } minutos sin uso.
}
policy-touched-browsers = { $n ->
    [one] 1 navegador de confianza lo es por menos tiempo, o deja de serlo.
   *[other] { $n } navegadores de confianza lo son por menos tiempo, o dejan de serlo.
}
policy-touched-staff = Quién debe añadir una forma
policy-touched-more = { $n ->
    [one] Y 1 persona más
   *[other] Y { $n } personas más
}
policy-acknowledge = { $n ->
    [one] Sé que 1 persona debe añadir una forma de entrar
   *[other] Sé que { $n } personas deben añadir una forma de entrar
}
policy-acknowledge-hint = Avíselas antes. Entran una vez más como ahora, y solo se abre su propia cuenta.
policy-reason-hint = Por qué, y quién lo decidió. No nombre a ningún paciente. Queda en el registro de auditoría.
policy-confirm = Cambiar la política
policy-sms-title = Quién depende solo de mensajes de texto
policy-sms-why = Otra persona puede apoderarse de un número, y una página falsa puede pedir un código. Las llaves de acceso impiden ambas cosas. Una aplicación de autenticación impide la primera.
policy-sms-caption = Personas que pueden entrar, por su forma más segura
policy-sms-people = Personas
policy-sms-alone = Solo mensajes y llamadas
policy-sms-codes = Mensajes y códigos de recuperación
policy-sms-app = Aplicación de autenticación
policy-sms-resists = Llave de acceso o de seguridad
policy-sms-staff = Equipo sin aplicación ni llave de acceso
policy-sms-staff-none = Todo el equipo tiene una aplicación o una llave de acceso.
policy-sms-staff-count = { $n ->
    [one] 1 miembro del equipo entra solo por teléfono.
   *[other] { $n } miembros del equipo entran solo por teléfono.
}
policy-sms-staff-caption = Primero la administración, luego los médicos
security-add_first = La clínica pide una forma de entrar más segura. Añada una aquí. Después se abren de nuevo todas sus páginas.
