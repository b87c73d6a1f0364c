package mapping

import (
	"slices"
	"strings"

	"heavyset.tech/platform/internal/crm"
)

// HeavyValue is one value that a HeavySet field can have, where they are few.
type HeavyValue struct{ Value, Label string }

// ChoicePair sends one of our values into one choice of a picklist. ChoiceID is permanent; Choice is what is written.
type ChoicePair struct {
	Value            string
	Choice, ChoiceID string
}

// vocabulary is what a value is called in CRMs, best name first. Words without a value of ours are only recognised.
type vocabulary struct {
	value HeavyValue
	says  string
}

// HeavyValues lists the values of a HeavySet field; nil where they are not ours to list.
func HeavyValues(key string) []HeavyValue {
	var out []HeavyValue
	for _, v := range vocabularyOf(key) {
		if v.value.Value != "" {
			out = append(out, v.value)
		}
	}
	return out
}

func vocabularyOf(key string) []vocabulary {
	switch key {
	case "status":
		return []vocabulary{
			{HeavyValue{"tentative", "Not confirmed"}, "tentative, requested, pending, unconfirmed, new, pendiente, provisional, provisoire, en attente, vorlaufig, offen, angefragt, pendente, provisorio, in afwachting, voorlopig, nieuw"},
			{HeavyValue{"confirmed", "Confirmed"}, "confirmed, booked, scheduled, set, planned, confirmada, confirmado, programada, agendada, agendado, confirme, planifie, bestatigt, geplant, gebucht, confirmada, marcada, marcado, bevestigd, gepland, geboekt"},
			{HeavyValue{"cancelled", "Cancelled"}, "cancelled, canceled, called off, cancelada, cancelado, anulada, annule, abgesagt, storniert, geannuleerd, afgezegd"},
			{HeavyValue{"completed", "Completed"}, "completed, complete, done, ran, finished, closed, completada, realizada, terminada, termine, effectue, erledigt, abgeschlossen, concluida, concluido, realizado, afgerond, voltooid, afgehandeld"},
			{HeavyValue{"no_show", "No show"}, "no show, noshow, did not attend, missed, no asistio, ausente, absent, non presente, nicht erschienen, nao compareceu, niet verschenen, niet komen opdagen"},
			{says: "issued, dispatched, in progress, unscheduled, rescheduled, overdue, on hold, confirmed by customer, en route, in behandeling, reprogramada, verschoben"},
		}
	case "disposition":
		return []vocabulary{
			{HeavyValue{"sold", "Sold"}, "sold, won, closed won, sale, vendido, vendu, verkauft, verkocht"},
			{HeavyValue{"demo_no_sale", "Demo, no sale"}, "demo no sale, no sale, dns, not sold, quoted, sin venta, no vendido, pas de vente, non vendu, kein verkauf, nicht verkauft, nao vendido, sem venda, niet verkocht, geen verkoop"},
			{HeavyValue{"no_sit", "No sit"}, "no sit, not home, no demo, nobody home, no show"},
			{HeavyValue{"one_leg", "One leg"}, "one leg, one legger, single leg"},
			{HeavyValue{"reset", "Reset"}, "reset, reschedule, rescheduled, reprogramar, reporte, verschoben, reagendar, verzet"},
			{says: "bank turndown, credit denied, rehash, follow up, pitch miss, cancelled, not interested, perdido, lost"},
		}
	case "lead_status":
		return []vocabulary{
			{HeavyValue{"new", "New"}, "new, not contacted, open, fresh, uncontacted, nuevo, sin contactar, nouveau, non contacte, neu, nicht kontaktiert, offen, novo, nao contatado, nieuw, niet gecontacteerd"},
			{HeavyValue{"contacted", "Contacted"}, "contacted, working, attempted to contact, contactado, contacte, kontaktiert, contatado, gecontacteerd"},
			{HeavyValue{"booked", "Booked"}, "booked, appointment set, appointment scheduled, scheduled, set, appointment booked, cita agendada, rendez vous pris, termin vereinbart, agendado, afspraak gemaakt"},
			{HeavyValue{"won", "Won"}, "won, sold, converted, closed won, ganado, gagne, gewonnen, ganho"},
			{HeavyValue{"lost", "Lost"}, "lost, lost lead, junk, junk lead, dead, not qualified, unqualified, perdido, perdu, verloren"},
			{says: "qualified, pre qualified, contact in future, nurture, calificado, qualifie, qualifiziert, qualificado, gekwalificeerd, follow up, attempted"},
		}
	case "lead_source":
		return []vocabulary{
			{HeavyValue{"web_scheduler", "Web Scheduler"}, "web scheduler, heavyset, online scheduler, online booking, website booking, website, web site, web, site, internet, web form, pagina web, sitio web, site web, webseite, webformular, webbrowser"},
			{says: "google, facebook, instagram, advertisement, ad, radio, tv, referral, external referral, employee referral, partner, trade show, home show, canvass, canvassing, walk in, phone, cold call, yelp, angi, bing, online store, chat, messe, beurs, empfehlung, recomendacion, recomendacao, recommandation, mond tot mond, google ads, web research, web download, direct mail, billboard, print, email, event, show, yard sign, public relations"},
		}
	case "preferred_contact":
		return []vocabulary{
			{HeavyValue{"phone", "Phone"}, "phone, call, call me, phone call, telephone, telefono, llamada, telefon, anruf, telefone, ligacao, telefoon, bellen"},
			{HeavyValue{"email", "Email"}, "email, e mail, email me, e mail me, mail, correo, correo electronico, courriel"},
			{HeavyValue{"text", "Text"}, "text, sms, text me, text message, mensaje de texto, texto, whatsapp"},
		}
	case "property_type":
		return []vocabulary{
			{HeavyValue{"house", "House"}, "house, single family, single family home, residential, home, detached, casa, maison, haus, einfamilienhaus, huis, woonhuis"},
			{HeavyValue{"condo", "Condo or apartment"}, "condo, apartment, condominium, townhouse, apartamento, departamento, appartement, wohnung"},
			{HeavyValue{"commercial", "Commercial"}, "commercial, business, comercial, gewerbe, commerce, bedrijf, bedrijfspand"},
		}
	case "timeframe":
		return []vocabulary{
			{HeavyValue{"asap", "As soon as possible"}, "asap, as soon as possible, immediately, now, right away, urgent, lo antes posible, inmediato, immediat, sofort, so bald wie moglich, imediato, zo snel mogelijk, direct"},
			{HeavyValue{"1_3_months", "1–3 months"}, "1 3 months, within 3 months, 1 to 3 months, 1 a 3 meses, 1 a 3 mois, 1 3 monate, 1 3 maanden, within 1 month, within a month"},
			{HeavyValue{"later", "Later"}, "later, 3 6 months, 6 months, 6 months plus, more than 6 months, just looking, no hurry, mas tarde, plus de 6 mois, spater, mais tarde, later dan 6 maanden"},
		}
	case "booked_via":
		return []vocabulary{
			{HeavyValue{"web", "Web"}, "web, website, online, internet, web scheduler, webseite, site"},
			{says: "phone, walk in, call center, email, agent, chat"},
		}
	case "appointment_type":
		return []vocabulary{
			{HeavyValue{"estimate", "Estimate"}, "estimate, quote, in home estimate, consultation, presupuesto, devis, angebot, beratung, orcamento, offerte"},
			{HeavyValue{"service", "Service"}, "service, service call, repair, servicio, reparacion, reparation, wartung, reparatur, servico, onderhoud"},
			{says: "demo, demonstration, install, installation, inspection, follow up, survey, measure"},
		}
	case "homeowner":
		return []vocabulary{
			{HeavyValue{"true", "Owns the home"}, "own, owner, yes, homeowner, owns, si, oui, ja, sim"},
			{HeavyValue{"false", "Rents"}, "rent, renter, no, tenant, rents, non, nein, nao, nee"},
		}
	case "language":
		return []vocabulary{
			{HeavyValue{"en", "English"}, "english, en, ingles, anglais, englisch, engels"},
			{HeavyValue{"es", "Spanish"}, "spanish, es, espanol, espagnol, spanisch, spaans, espanhol"},
			{HeavyValue{"fr", "French"}, "french, fr, frances, francais, franzosisch, frans"},
			{HeavyValue{"de", "German"}, "german, de, deutsch, aleman, allemand, alemao, duits"},
			{HeavyValue{"pt", "Portuguese"}, "portuguese, pt, portugues, portugais, portugiesisch, portugees"},
			{HeavyValue{"nl", "Dutch"}, "dutch, nl, nederlands, holandes, neerlandais, niederlandisch"},
		}
	}
	return nil
}

// valueName brings a choice and the names of values into one form.
func valueName(s string) string { return strings.Join(split(s), " ") }

// names lists the names in a vocabulary.
func (v vocabulary) names() []string {
	var out []string
	for _, s := range strings.Split(v.says, ",") {
		out = append(out, valueName(s))
	}
	return out
}

// Recognise gives our value that a choice of a picklist is a usual name of; "" when it is none.
func Recognise(key, choice string) string {
	for _, v := range vocabularyOf(key) {
		if v.value.Value != "" && slices.Contains(v.names(), valueName(choice)) {
			return v.value.Value
		}
	}
	return ""
}

// recognised counts how many of the choices are values that a HeavySet field is known to have.
func recognised(key string, choices []string) int {
	known := bag{}
	for _, v := range vocabularyOf(key) {
		for _, n := range v.names() {
			known[n] = true
		}
	}
	hits := 0
	for _, c := range choices {
		if known[valueName(c)] {
			hits++
		}
	}
	return hits
}

// PairChoices proposes for each of our values the choice of a picklist that means it; values that none means are left
// out. No choice is proposed twice. Choices that are not offered any more are not proposed.
func PairChoices(key string, choices []crm.Choice) []ChoicePair {
	var out []ChoicePair
	taken := map[int]bool{}
	for _, v := range vocabularyOf(key) {
		if v.value.Value == "" {
			continue
		}
		for _, name := range v.names() {
			i := slices.IndexFunc(choices, func(c crm.Choice) bool {
				return !c.Unused && (valueName(c.Label) == name || valueName(c.Value) == name)
			})
			if i >= 0 && !taken[i] {
				taken[i] = true
				out = append(out, ChoicePair{Value: v.value.Value, Choice: choices[i].Value, ChoiceID: choices[i].ID})
				break
			}
		}
	}
	return out
}

// offered lists the choices that people can choose, as they see them.
func offered(choices []crm.Choice) []string {
	var out []string
	for _, c := range choices {
		name := c.Label
		if name == "" {
			name = c.Value
		}
		if !c.Unused && !nothing(name) {
			out = append(out, name)
		}
	}
	return out
}
