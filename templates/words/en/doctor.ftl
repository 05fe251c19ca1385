doctor-born = Born { $date }, { $age ->
    [one] 1 year old
   *[other] { $age } years old
}
doctor-record = Record { $id }
doctor-time = Time
doctor-when = When
doctor-patient = Patient
doctor-age = Age
doctor-reason = Reason
doctor-state = State
doctor-action = Action
doctor-report = Report
doctor-collected = Collected
doctor-outside = Outside the usual range
doctor-outside-of = { $outside } of { $all }
doctor-critical = Far outside, look today
doctor-released-on = Released on { $date }
doctor-not_released = Not released yet
doctor-mode-video = Video
doctor-mode-phone = Phone
doctor-mode-in_person = At the clinic
doctor-state-not_here = Not here yet
doctor-state-booked = Booked
doctor-state-here = Here since { $time }
doctor-state-done = Done
doctor-state-missed = Did not come
doctor-state-cancelled = Cancelled
doctor-weekday = { $day ->
    [1] Monday
    [2] Tuesday
    [3] Wednesday
    [4] Thursday
    [5] Friday
    [6] Saturday
   *[7] Sunday
}
doctor-today-days = Other days
doctor-today-previous = Day before
doctor-today-next = Day after
doctor-today-here_now = Here now
doctor-today-none = You have no appointments on this day.
doctor-today-count = { $n ->
    [one] 1 appointment, { $zone }
   *[other] { $n } appointments, { $zone }
}
doctor-today-start = Start visit
doctor-today-start-with = Start visit with { $name }
doctor-today-lobby = Open lobby
doctor-today-lobby-with = Open lobby of the visit with { $name }
doctor-cancel-link = Cancel
doctor-cancel-with = Cancel the appointment with { $name }
doctor-cancel-on = Cancel the appointment on { $day }
doctor-cancel-title = Cancel this appointment?
doctor-cancel-body = We tell the patient by email. The patient can then book another time.
doctor-cancel-reason = Reason
doctor-cancel-reason-hint = The patient can read it in the portal. It is not in the email.
doctor-cancel-long = Write a reason of at most 500 characters
doctor-cancel-late = This appointment has begun, is over or is cancelled already. It cannot be cancelled now.
doctor-cancel-submit = Cancel appointment
doctor-cancel-keep = Keep appointment
doctor-cancel-done = The appointment is cancelled. We told the patient by email.
doctor-schedule-saved = Your schedule is saved.
doctor-schedule-booking = What booking shows
doctor-schedule-none = No time is free in the next 5 days.
doctor-schedule-next = The next free time is on { $day }.
doctor-schedule-free = { $n ->
    [one] 1 free time, at { $first }
   *[other] { $n } free times, from { $first } to { $last }
}
doctor-schedule-none_free = No free time
doctor-schedule-week = Weekly hours
doctor-schedule-zone = Times are in { $zone }.
doctor-schedule-keep = What is booked already stays booked when you change your hours.
doctor-schedule-stretch = Stretch { $n } on { $day }
doctor-schedule-from = From
doctor-schedule-until = Until
doctor-schedule-slot = Minutes each
doctor-schedule-save = Save weekly hours
doctor-schedule-from-empty = { $day }: enter when these hours begin, or clear the row
doctor-schedule-until-empty = { $day }: enter when these hours end, or clear the row
doctor-schedule-slot-empty = { $day }: enter how many minutes each appointment takes
doctor-schedule-slot-length = { $day }: choose { $least } to { $most } minutes for each appointment
doctor-schedule-ends_first = { $day }: enter an end that is later than the beginning
doctor-schedule-not_whole = { $day }: choose minutes that fill these hours without a rest
doctor-schedule-overlap = { $day }: these hours overlap the others of the day
doctor-schedule-days_off = Days off
doctor-schedule-no_days_off = You have no days off planned.
doctor-schedule-day = Add a day off
doctor-schedule-day-hint = For example 2027-01-04. What is booked on that day stays booked.
doctor-schedule-day-empty = Enter the day like 2027-01-04
doctor-schedule-day-past = Enter today or a later day
doctor-schedule-add = Add day off
doctor-schedule-remove = Work on this day
doctor-schedule-remove-day = Work on this day: { $day }
doctor-patient-results = Test results
doctor-patient-no_results = There are no test results here yet.
doctor-patient-newer = Newer results
doctor-patient-older = Older results
doctor-patient-appointments = Appointments with you
doctor-report-add = Add a lab report
doctor-report-panel = Which tests does the report hold?
doctor-report-panel-hint = We fill in the names, units and usual ranges. You can change them to what the lab printed.
doctor-report-other = Other tests
doctor-report-panel-name = Name of the report
doctor-report-panel-name-hint = For example Vitamin tests
doctor-report-panel-empty = Enter the name of the report
doctor-report-name-long = Write at most 120 characters
doctor-report-lab = Laboratory
doctor-report-lab-hint = The name of the lab on the report
doctor-report-lab-empty = Enter the name of the lab
doctor-report-collected = When was the sample taken?
doctor-report-collected-hint = For example 2026-11-03 and 08:15, { $zone }
doctor-report-date = Date
doctor-report-date-empty = Enter the date the sample was taken like 2026-11-03
doctor-report-time-empty = Enter the time the sample was taken like 08:15
doctor-report-future = Enter a date and time in the past
doctor-report-status = How far is the lab?
doctor-report-status-empty = Choose how far the lab is
doctor-report-final = Final
doctor-report-preliminary = Preliminary
doctor-report-corrected = Corrected
doctor-report-values = Results
doctor-report-values-hint = Copy each value as the lab wrote it. Leave the value empty for a test that was not done.
doctor-report-values-free = Copy each value as the lab wrote it. Rows that stay empty are left out.
doctor-report-row = { $row }. Result
doctor-report-row-test = { $row }. { $test }
doctor-report-by_sex = Usual for women { $women }, for men { $men }
doctor-report-test = Test
doctor-report-value = Value
doctor-report-unit = Unit
doctor-report-low = Low end
doctor-report-high = High end
doctor-report-range = Usual range
doctor-report-flag = Flag
doctor-report-save = Add report
doctor-report-more = Add 5 more rows
doctor-report-no_values = Fill in at least 1 result
doctor-report-stale = This form does not fit the page any more. Start again with Add a lab report.
doctor-report-row-name = Row { $row }: enter the name of the test
doctor-report-row-name-long = Row { $row }: write a name of at most 120 characters
doctor-report-row-value = Row { $row }: enter the value, or clear the row
doctor-report-row-value-long = Row { $row }: write a value of at most 200 characters
doctor-report-row-number = Row { $row }: write the number alone, without a unit and without a thousands separator
doctor-report-row-unit-long = Row { $row }: write a unit of at most 60 characters
doctor-report-row-range-long = Row { $row }: write a range of at most 60 characters
doctor-report-row-range = Row { $row }: write the range in numbers, like 3.9 and 5.5
doctor-report-row-order = Row { $row }: the low end is above the high end
doctor-report-row-flag = Row { $row }: choose a flag from the list
doctor-report-added = The report is added. The patient does not see it before you release it.
doctor-flag-none = By the range
doctor-flag-n = N, in the range
doctor-flag-l = L, below
doctor-flag-ll = LL, far below
doctor-flag-h = H, above
doctor-flag-hh = HH, far above
doctor-flag-a = A, outside
doctor-flag-aa = AA, far outside
doctor-flag-below_scale = Below the scale
doctor-flag-above_scale = Above the scale
doctor-results-none = No results wait for your review.
doctor-results-count = { $n ->
    [one] 1 report waits for your review
   *[other] { $n } reports wait for your review
}
doctor-results-review = { $report }: review for { $name }
doctor-results-minutes = { $n ->
    [one] Arrived 1 minute ago
   *[other] Arrived { $n } minutes ago
}
doctor-results-hours = { $n ->
    [one] Arrived 1 hour ago
   *[other] Arrived { $n } hours ago
}
doctor-results-days = { $n ->
    [one] Arrived 1 day ago
   *[other] Arrived { $n } days ago
}
doctor-note-title = Release to the patient
doctor-note = Your note to the patient
doctor-note-hint = Short words help. The note stands above the values, with your name.
doctor-note-long = Write a note of at most { $most } characters
doctor-note-starters = Sentences to start from
doctor-note-starter-fine = Your results are as we hoped. Nothing needs to change.
doctor-note-starter-again = One value is a little outside the usual range. This is not urgent. Let us test it again in 3 months.
doctor-note-starter-talk = I would like to talk with you about this. Book an appointment in the next 2 weeks.
doctor-release = Release to patient
doctor-release-who = { $name } can see it from then on. The email that we send says only that there is something new.
doctor-released-done = Released. We told the patient that there is something new to read.
doctor-seen-now = What the patient sees
doctor-seen-then = What the patient will see
doctor-patient-phone = Phone:
doctor-schedule-booked = { $n ->
    [one] 1 appointment stays booked on { $day }.
   *[other] { $n } appointments stay booked on { $day }.
}
doctor-schedule-booked-see = See and cancel
