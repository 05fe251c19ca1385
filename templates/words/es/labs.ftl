labs-title = Resultados
labs-empty = Todavía no tiene resultados aquí.
labs-search = Buscar por nombre
labs-search-hint = Por ejemplo azúcar
labs-search-submit = Buscar
labs-search-clear = Mostrar todos
labs-year = Año
labs-year-all = Todos los años
labs-found = { $count ->
    [0] Ningún resultado coincide con su búsqueda.
    [one] 1 informe coincide con su búsqueda.
   *[other] { $count } informes coinciden con su búsqueda.
}
labs-group = { $name }, { $date }
labs-count = { $count ->
    [one] 1 resultado
   *[other] { $count } resultados
}
labs-new = Nuevo
labs-outside = { $count ->
    [one] Fuera del rango habitual
   *[other] { $outside } de { $count } fuera del rango habitual
}
labs-all-in = { $count ->
    [one] En el rango habitual
   *[other] Los { $count } en el rango habitual
}
labs-reviewed = { $name } los revisó el { $date }.
labs-waiting = Su equipo médico todavía no los ha revisado.
labs-pending = El laboratorio todavía trabaja en estos resultados.
labs-call = Llame hoy al { $phone }.
labs-said-in = Su resultado está en el rango habitual.
labs-said-little_above = Su resultado está un poco por encima del rango habitual.
labs-said-above = Su resultado está por encima del rango habitual.
labs-said-far_above = Su resultado está muy por encima del rango habitual.
labs-said-little_below = Su resultado está un poco por debajo del rango habitual.
labs-said-below = Su resultado está por debajo del rango habitual.
labs-said-far_below = Su resultado está muy por debajo del rango habitual.
labs-said-no_range = El laboratorio no da un rango habitual para esta prueba.
labs-said-cannot_tell = El laboratorio no pudo medirlo con exactitud. Puede estar dentro o fuera del rango habitual.
labs-said-found = El laboratorio buscó esto y lo encontró.
labs-said-not_found = El laboratorio buscó esto y no lo encontró.
labs-said-not_measured = El laboratorio no pudo medir esto.
labs-said-outside = Su resultado está fuera del rango habitual.
labs-said-far_outside = Su resultado está muy fuera del rango habitual.
labs-said-described = El laboratorio describe este resultado con palabras.
labs-flag-in = En el rango habitual
labs-flag-above = Por encima del rango habitual
labs-flag-below = Por debajo del rango habitual
labs-flag-far_above = Muy por encima, llámenos
labs-flag-far_below = Muy por debajo, llámenos
labs-flag-far_outside = Muy fuera del rango, llámenos
labs-flag-outside = Fuera del rango habitual
labs-flag-no_range = Sin rango habitual para esta prueba
labs-flag-cannot_tell = No se midió con exactitud
labs-flag-found = Encontrado
labs-flag-not_found = No encontrado
labs-flag-not_measured = No se pudo medir
labs-flag-described = Con palabras
labs-range-between = El rango habitual en este laboratorio es de { $low } a { $high }.
labs-range-under = El rango habitual en este laboratorio es menos de { $high }.
labs-range-up_to = El rango habitual en este laboratorio es hasta { $high }.
labs-range-over = El rango habitual en este laboratorio es más de { $low }.
labs-range-from = El rango habitual en este laboratorio es { $low } o más.
labs-range-text = El laboratorio dice sobre el rango habitual: { $text }
labs-line-between = Su valor { $value }, en una línea donde el rango habitual va de { $low } a { $high }
labs-line-under = Su valor { $value }, en una línea donde el rango habitual termina en { $high }
labs-line-over = Su valor { $value }, en una línea donde el rango habitual empieza en { $low }
labs-disagrees = La marca del laboratorio no coincide con su rango. Mostramos las dos. Pregunte a su equipo médico.
labs-by_range = El laboratorio no marcó este resultado. Lo comparamos con el rango del laboratorio.
labs-by_range-some = Donde el laboratorio no marcó un resultado, lo comparamos con su rango.
labs-collected = Muestra del { $date }
labs-corrected = Corregido el { $date }
labs-note = { $doctor }, { $date }
labs-next = Qué hacer ahora
labs-next-pending = Espere a que el laboratorio termine. Le avisamos cuando haya novedades.
labs-next-waiting = Su equipo médico revisará este resultado y le avisará si algo debe cambiar.
labs-next-noted = Siga lo que su médico escribió arriba. ¿Preguntas? Llame al { $phone }.
labs-next-seen = Su médico ya lo vio y no pidió nada más. ¿Preguntas? Llame al { $phone }.
labs-about = Sobre esta prueba
labs-details = Datos del laboratorio
labs-details-collected = Muestra tomada
labs-details-issued = Enviado por el laboratorio
labs-details-lab = Laboratorio
labs-details-order = Pedido
labs-print = Imprimir esta página
labs-print-who = { $name }, fecha de nacimiento: { $date }
labs-print-at = Impreso el { $time }
