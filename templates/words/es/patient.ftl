patient-doctor = Dr(a). { $name }
patient-hello = Hola, { $name }
patient-mail-returns = Nuestros correos nos llegan devueltos.
patient-mail-returns-link = Vea qué hacer
patient-next = Su próxima cita
patient-empty = No tiene citas reservadas.
patient-book-another = Reservar otra cita
patient-results = Resultados nuevos
patient-results-none = No tiene resultados nuevos.
patient-results-all = Ver todos los resultados
patient-results-count = { $count ->
    [one] Tiene 1 resultado nuevo.
   *[other] Tiene { $count } resultados nuevos.
}
patient-results-read = Leer los resultados
patient-todo = Pendiente
patient-todo-none = No tiene nada pendiente por ahora.
patient-todo-visit = Entrar a su videoconsulta con { $doctor }
patient-todo-results = { $count ->
    [one] Leer 1 resultado nuevo
   *[other] Leer { $count } resultados nuevos
}
patient-print-who = { $name }, fecha de nacimiento: { $date }
patient-print-at = Impreso el { $time }
