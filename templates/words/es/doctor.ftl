doctor-born = Fecha de nacimiento: { $date }, { $age ->
    [one] 1 año
   *[other] { $age } años
}
doctor-record = Historia { $id }
doctor-time = Hora
doctor-when = Cuándo
doctor-patient = Paciente
doctor-age = Edad
doctor-reason = Motivo
doctor-state = Estado
doctor-action = Acción
doctor-report = Informe
doctor-collected = Fecha de la muestra
doctor-outside = Fuera de lo habitual
doctor-outside-of = { $outside } de { $all }
doctor-critical = Muy fuera de lo habitual, revisar hoy
doctor-released-on = Publicado: { $date }
doctor-not_released = Sin publicar
doctor-mode-video = Video
doctor-mode-phone = Teléfono
doctor-mode-in_person = En la clínica
doctor-state-not_here = Aún no está
doctor-state-booked = Reservada
doctor-state-here = Está aquí desde las { $time }
doctor-state-done = Terminada
doctor-state-missed = No vino
doctor-state-cancelled = Cancelada
doctor-weekday = { $day ->
    [1] Lunes
    [2] Martes
    [3] Miércoles
    [4] Jueves
    [5] Viernes
    [6] Sábado
   *[7] Domingo
}
doctor-today-days = Otros días
doctor-today-previous = Día anterior
doctor-today-next = Día siguiente
doctor-today-here_now = Aquí ahora
doctor-today-none = No tiene citas este día.
doctor-today-count = { $n ->
    [one] 1 cita, { $zone }
   *[other] { $n } citas, { $zone }
}
doctor-today-start = Empezar consulta
doctor-today-start-with = Empezar consulta con { $name }
doctor-today-lobby = Abrir sala
doctor-today-lobby-with = Abrir sala de la consulta con { $name }
doctor-cancel-link = Cancelar
doctor-cancel-with = Cancelar la cita con { $name }
doctor-cancel-on = Cancelar la cita del { $day }
doctor-cancel-title = ¿Cancelar esta cita?
doctor-cancel-body = Avisamos al paciente por correo. Después puede reservar otra hora.
doctor-cancel-reason = Motivo
doctor-cancel-reason-hint = El paciente puede leerlo en el portal. No va en el correo.
doctor-cancel-long = Escriba un motivo de 500 caracteres como máximo
doctor-cancel-late = Esta cita ya empezó, terminó o está cancelada. Ahora no se puede cancelar.
doctor-cancel-submit = Cancelar cita
doctor-cancel-keep = Mantener cita
doctor-cancel-done = La cita está cancelada. Avisamos al paciente por correo.
doctor-schedule-saved = Su horario está guardado.
doctor-schedule-booking = Lo que se puede reservar
doctor-schedule-none = No hay horas libres en los próximos 5 días.
doctor-schedule-next = La próxima hora libre es el { $day }.
doctor-schedule-free = { $n ->
    [one] 1 hora libre, a las { $first }
   *[other] { $n } horas libres, de { $first } a { $last }
}
doctor-schedule-none_free = Ninguna hora libre
doctor-schedule-week = Horario semanal
doctor-schedule-zone = Las horas son en { $zone }.
doctor-schedule-keep = Lo que ya está reservado no cambia cuando usted cambia su horario.
doctor-schedule-stretch = Tramo { $n } del { $day }
doctor-schedule-from = Desde
doctor-schedule-until = Hasta
doctor-schedule-slot = Minutos por cita
doctor-schedule-save = Guardar horario semanal
doctor-schedule-from-empty = { $day }: escriba cuándo empieza, o deje la fila vacía
doctor-schedule-until-empty = { $day }: escriba cuándo termina, o deje la fila vacía
doctor-schedule-slot-empty = { $day }: escriba cuántos minutos dura cada cita
doctor-schedule-slot-length = { $day }: elija de { $least } a { $most } minutos por cita
doctor-schedule-ends_first = { $day }: escriba un final posterior al comienzo
doctor-schedule-not_whole = { $day }: elija minutos que llenen el tramo sin que sobre tiempo
doctor-schedule-overlap = { $day }: este tramo coincide con otro del mismo día
doctor-schedule-days_off = Días libres
doctor-schedule-no_days_off = No tiene días libres previstos.
doctor-schedule-day = Añadir un día libre
doctor-schedule-day-hint = Por ejemplo 2027-01-04. Lo que ya está reservado ese día no cambia.
doctor-schedule-day-empty = Escriba el día como 2027-01-04
doctor-schedule-day-past = Escriba hoy o un día posterior
doctor-schedule-add = Añadir día libre
doctor-schedule-remove = Trabajar este día
doctor-schedule-remove-day = Trabajar este día: { $day }
doctor-patient-results = Resultados
doctor-patient-no_results = Aún no hay resultados aquí.
doctor-patient-newer = Resultados más recientes
doctor-patient-older = Resultados más antiguos
doctor-patient-appointments = Citas con usted
doctor-report-add = Añadir un informe
doctor-report-panel = ¿Qué pruebas tiene el informe?
doctor-report-panel-hint = Escribimos los nombres, las unidades y los valores habituales. Puede cambiarlos por los del laboratorio.
doctor-report-other = Otras pruebas
doctor-report-panel-name = Nombre del informe
doctor-report-panel-name-hint = Por ejemplo Pruebas de vitaminas
doctor-report-panel-empty = Escriba el nombre del informe
doctor-report-name-long = Escriba 120 caracteres como máximo
doctor-report-lab = Laboratorio
doctor-report-lab-hint = El nombre del laboratorio en el informe
doctor-report-lab-empty = Escriba el nombre del laboratorio
doctor-report-collected = ¿Cuándo se tomó la muestra?
doctor-report-collected-hint = Por ejemplo 2026-11-03 y 08:15, { $zone }
doctor-report-date = Fecha
doctor-report-date-empty = Escriba la fecha de la muestra como 2026-11-03
doctor-report-time-empty = Escriba la hora de la muestra como 08:15
doctor-report-future = Escriba una fecha y una hora pasadas
doctor-report-status = ¿Hasta dónde llegó el laboratorio?
doctor-report-status-empty = Elija hasta dónde llegó el laboratorio
doctor-report-final = Final
doctor-report-preliminary = Preliminar
doctor-report-corrected = Corregido
doctor-report-values = Resultados
doctor-report-values-hint = Copie cada valor como lo escribió el laboratorio. Deje vacío el valor de una prueba que no se hizo.
doctor-report-values-free = Copie cada valor como lo escribió el laboratorio. Las filas vacías no se guardan.
doctor-report-row = { $row }. Resultado
doctor-report-row-test = { $row }. { $test }
doctor-report-by_sex = Habitual en mujeres { $women }, en hombres { $men }
doctor-report-test = Prueba
doctor-report-value = Valor
doctor-report-unit = Unidad
doctor-report-low = Límite bajo
doctor-report-high = Límite alto
doctor-report-range = Valores habituales
doctor-report-flag = Marca
doctor-report-save = Añadir informe
doctor-report-more = Añadir 5 filas más
doctor-report-no_values = Escriba al menos 1 resultado
doctor-report-stale = Este formulario ya no corresponde a la página. Empiece otra vez con Añadir un informe.
doctor-report-row-name = Fila { $row }: escriba el nombre de la prueba
doctor-report-row-name-long = Fila { $row }: escriba un nombre de 120 caracteres como máximo
doctor-report-row-value = Fila { $row }: escriba el valor, o deje la fila vacía
doctor-report-row-value-long = Fila { $row }: escriba un valor de 200 caracteres como máximo
doctor-report-row-number = Fila { $row }: escriba solo el número, sin unidad y sin separador de miles
doctor-report-row-unit-long = Fila { $row }: escriba una unidad de 60 caracteres como máximo
doctor-report-row-range-long = Fila { $row }: escriba límites de 60 caracteres como máximo
doctor-report-row-range = Fila { $row }: escriba los límites en números, como 3.9 y 5.5
doctor-report-row-order = Fila { $row }: el límite bajo es mayor que el alto
doctor-report-row-flag = Fila { $row }: elija una marca de la lista
doctor-report-added = El informe está añadido. El paciente no lo ve antes de que usted lo publique.
doctor-flag-none = Por los límites
doctor-flag-n = N, dentro
doctor-flag-l = L, por debajo
doctor-flag-ll = LL, muy por debajo
doctor-flag-h = H, por encima
doctor-flag-hh = HH, muy por encima
doctor-flag-a = A, fuera
doctor-flag-aa = AA, muy fuera
doctor-flag-below_scale = Por debajo de la escala
doctor-flag-above_scale = Por encima de la escala
doctor-results-none = No hay resultados por revisar.
doctor-results-count = { $n ->
    [one] 1 informe por revisar
   *[other] { $n } informes por revisar
}
doctor-results-review = { $report }: revisar para { $name }
doctor-results-minutes = { $n ->
    [one] Llegó hace 1 minuto
   *[other] Llegó hace { $n } minutos
}
doctor-results-hours = { $n ->
    [one] Llegó hace 1 hora
   *[other] Llegó hace { $n } horas
}
doctor-results-days = { $n ->
    [one] Llegó hace 1 día
   *[other] Llegó hace { $n } días
}
doctor-note-title = Publicar para el paciente
doctor-note = Su nota para el paciente
doctor-note-hint = Ayudan las palabras cortas. La nota aparece sobre los valores, con su nombre.
doctor-note-long = Escriba una nota de { $most } caracteres como máximo
doctor-note-starters = Frases para empezar
doctor-note-starter-fine = Sus resultados son como esperábamos. No hay que cambiar nada.
doctor-note-starter-again = Un valor está un poco fuera de lo habitual. No es urgente. Lo repetimos en 3 meses.
doctor-note-starter-talk = Quiero hablar con usted sobre esto. Reserve una cita en las próximas 2 semanas.
doctor-release = Publicar para el paciente
doctor-release-who = { $name } puede verlo desde ese momento. El correo que enviamos solo dice que hay algo nuevo.
doctor-released-done = Publicado. Avisamos al paciente de que hay algo nuevo que leer.
doctor-seen-now = Lo que ve el paciente
doctor-seen-then = Lo que verá el paciente
doctor-patient-phone = Teléfono:
doctor-schedule-booked = { $n ->
    [one] Queda 1 cita reservada el { $day }.
   *[other] Quedan { $n } citas reservadas el { $day }.
}
doctor-schedule-booked-see = Ver y cancelar
