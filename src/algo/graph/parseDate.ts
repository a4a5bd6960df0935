/** Dates as people write them in a revision expression. */

const day = 86_400_000
const dateTime = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:\d\d)?)?$/

/**
 * Reads a date as milliseconds since 1970: `2026-05-01` is the end of that day, `2026-05-01T12:00`, with seconds, milliseconds
 * and zone if wanted, a moment. Without a zone it is UTC. `undefined` where it is none.
 *
 * @public
 */
export const parseDate = (text: string): number | undefined => {
  const match = dateTime.exec(text)
  if (match === null) return undefined
  const [, year, month, date, hour, minute, second = "0", fraction = "0", zone = "Z"] = match
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(date))
  const [y, m, d] = new Date(midnight).toISOString().slice(0, 10).split("-")
  // The calendar has no 31st of June, though arithmetic would give one.
  if (y !== year || m !== month || d !== date) return undefined
  if (hour === undefined || minute === undefined) return midnight + day - 1
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const offset = zone === "Z" ? 0 : Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6)))
  const minutes = Number(hour) * 60 + Number(minute) - offset
  return midnight + minutes * 60_000 + Number(second) * 1000 + Number(fraction.padEnd(3, "0"))
}
