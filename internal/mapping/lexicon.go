package mapping

// meaning is how people name a HeavySet field in a CRM: phrases in English, Spanish, French, German, Portuguese and
// Dutch, separated by commas. “~80” after a phrase says that it is only so good a sign, in percent. Phrases are compared
// word by word after folding accents and endings (see words), in any order.
type meaning struct {
	key      string
	about    topic
	says     string
	inverted string // names of the opposite
	against  string // words that turn any phrase into something else
	beside   string // words that change nothing
}

// topic groups meanings that share words which change nothing, and words that turn the meaning.
type topic string

const (
	person  topic = "person"
	place   topic = "place"
	visit   topic = "visit"
	project topic = "project"
	origin  topic = "origin"
)

// beside lists words that may stand beside a phrase of a topic and change nothing.
func (t topic) beside() string {
	switch t {
	case person:
		return `customer client homeowner contact lead prospect person applicant primary main best preferred current sender caller buyer requester inquirer 1
			kunde kunden cliente contacto contato kontakt klant interessent prospecto prospect personne principal titular solicitante haupt demandeur
			aanvrager hoofd interessado principale ansprechpartner contactpersoon posible`
	case place:
		return `customer client homeowner contact lead 1 line kunde kunden cliente klant complete completa completo full`
	case visit:
		return `appointment appt event meeting visit booking demo estimate consultation inspection job survey call session scheduled schedule sched planned booked
			termin termine besuch vor ort besichtigung beratung cita citas visita reunion turno rendez vous rdv visite afspraak bezoek agendamento
			marcacao reuniao consulta agenda agendada programada previsto prevue prevu geplant gepland geplande`
	case project:
		return `project job work lead customer client homeowner requested request needed desired interest interested wanted expected estimated target approx approximate
			projekt projet proyecto projeto gewunscht gewunschte geplant souhaite souhaitee prevu prevue deseado estimado pretendido interes interesse travaux`
	case origin:
		return `lead customer client original first initial contact inquiry enquiry request kunde anfrage lead posible cliente prospecto prospect aanvraag pedido
			type ad ads url page link web website visited`
	}
	return ""
}

// against lists words beside which a phrase of a topic speaks of something else.
func (t topic) against() string {
	switch t {
	case person:
		return `spouse wife husband partner emergency employer adjuster insurance agent agency landlord tenant assistant asst vendor supplier subcontractor
			referral referred referrer referring previous old former bounced verified invalid fax billing invoice accounting realtor broker neighbor hoa lender bank
			mortgage attorney child parent middle maiden nick pet doctor user conyuge esposa esposo conjoint conjointe ehepartner ehefrau ehemann partnerin emergencia notfall urgence
			noodgeval anterior vorherige vorig ancien antigo factura facture rechnung factuur inmobiliaria makler arbeitgeber employeur empleador werkgever`
	case place:
		return `previous old former permit number license club insurance employer bank birth citizenship anterior vorherige vorig ancien antigo geburt nascimento nacimiento naissance email mail ip web`
	case visit:
		return `reminder travel original previous actual rescheduled reschedule follow cancelled canceled cancellation completed created modified sent check install
			installation expiry expiration permit warranty quote invoice payment due reply last next template verified deposit callback closed approved
			recordatorio seguimiento relance rappel rappeler erinnerung wiedervorlage herinnering opvolging lembrete acompanhamento retorno creacion criacao
			cotizacion offerte angebot devis orcamento pago pagamento zahlung betaling tatsachlich real reel werkelijk department`
	case project:
		return `previous old approved declined last changed`
	case origin:
		return `previous old last sent changed score`
	}
	return ""
}

// groups are words that tell several addresses of one record apart. “good” ones are where a visit goes, “other” ones are
// not.
const (
	goodPlaces = `mailing home property job jobsite site service project installation install visit postal house residence residential customer
		correspondencia postanschrift postadres post chantier obra projekt objekt einsatzort inmueble domicilio domicile thuis postale privat location`
	otherPlaces = `other alternate alternative second secondary billing shipping invoice work office business company legal headquarter warehouse
		facturacion envio facturation livraison rechnung rechnungs liefer factuur lever faturamento entrega otro otra autre andere anderes anderer ander weitere
		weiteres outro outra trabajo bureau buro kantoor firma`
)

// otherSections are words in the title of a layout's section that make its fields another person's, or another address.
const otherSections = `spouse wife husband emergency employer adjuster insurance agent landlord tenant realtor broker lender mortgage vendor supplier subcontractor referral referred
	billing shipping invoice previous former co conyuge conjoint ehepartner emergencia notfall urgence seguro assurance versicherung verzekering facturacion facturation
	livraison rechnung rechnungsadresse lieferadresse factuur faturamento entrega envio`

// meanings is the list of names. It is written from what people call things, not from any schema.
func meanings() []meaning {
	return append(append(append(personMeanings(), placeMeanings()...), leadMeanings()...), visitMeanings()...)
}

func personMeanings() []meaning {
	return []meaning{
		{key: "first_name", about: person, says: `first name, first, fname, given name, forename, christian name, primer nombre, nombre de pila, nombres, nombre~85, prenom, vorname,
			rufname, primeiro nome, nome proprio, nome~85, voornaam`, against: `last company business account full surname event project job product file completo complet`},
		{key: "last_name", about: person, says: `last name, last, lname, surname, family name, apellido, apellidos, apellido paterno, primer apellido, nom de famille, nom~85, nachname, familienname, zuname, sobrenome,
			apelido, ultimo nome, achternaam, familienaam`, against: `first company business account full event project job product file contacted activity service login completo complet`},
		{
			key: "full_name", about: person, says: `full name, name~85, customer name~95, client name~95, homeowner name~95, homeowner, contact name~90, complete name, nombre completo, nombre~60, nom complet, nom~60,
			vollstandiger name, nome completo, nome~60, volledige naam, naam~85, kundenname~95, nombre y apellidos, nom et prenom, vor und nachname, name vorname`,
			against: `first last company business account event project job product file given family user building street city`,
		},
		{
			key: "company", says: `company, company name, business, business name, account name, organization, organisation, employer~70, empresa, compania, razon social, societe, entreprise,
			raison sociale, firma, firmenname, unternehmen, bedrijf, bedrijfsnaam, organisatie, organizacao, negocio`, beside: `name lead customer client nombre nom naam nome`,
			against: `insurance mortgage phone title previous management hoa size type number`,
		},
		{
			key: "email", about: person, says: `email, e mail, email address, mail, mail address, email addr, correo, correo electronico, email adresse, mail adresse, courriel, adresse e mail,
			adresse electronique, adresse mail, correio eletronico, endereco de email, endereco eletronico, emailadres, mailadres, adresse courriel, endereco mail, direccion de correo, elektronische post`,
			beside: `address id personal addr`, against: `secondary second alternate alternative alt other 2 opt out subscribed consent sms send preference work secundario sekundare secondaire
			zweite deuxieme segundo tweede otro autre andere outro status domain template count campaign office`,
		},
		{
			key: "customer_email", about: person, says: `email, e mail, email address, mail, correo, correo electronico, courriel, adresse e mail, correio eletronico, endereco de email, emailadres, email adresse`,
			beside: `address snapshot guest attendee invitee`, against: `secondary second alternate other 2 opt out sms send rep host technician secundario sekundare secondaire zweite tweede status`,
		},
		{key: "phone", about: person, says: `phone, telephone, tel, phone number, telephone number, contact number, home phone~95, landline, home tel, telefono, telefono fijo, telefono de casa~95, telefono particular~90,
			numero de telefono, tel fijo, telephone fixe, tel fixe, numero de telephone, telephone domicile~95, telefon, telefonnummer, rufnummer, festnetz, telefone, telefone fixo, numero de telefone, telefoon,
			telefoonnummer, telefoon thuis~95, vaste telefoon, telefone residencial~95, telefon privat~95, privattelefon~95, fone`, beside: `number no nr num daytime day`, against: phoneAgainst},
		{
			key: "customer_phone", about: person, says: `phone, telephone, tel, phone number, contact number, mobile~85, cell~85, telefono, telefon, telefonnummer, telephone, telefone, telefoon, telefoonnummer`,
			beside: `number no nr num snapshot guest attendee invitee`, against: phoneAgainst + ` rep host technician`,
		},
		{
			key: "mobile", about: person, says: `mobile, cell, cellphone, cell phone, mobile phone, mobile number, cell number, cellular, sms number, text number, movil, celular, telefono movil, telefono celular,
			numero de celular, portable, telephone portable, tel portable, tel mobile, numero de portable, telephone mobile, gsm, handy, handynummer, mobil, mobiltelefon, mobilnummer, mobilfunk, mobilfunknummer, telemovel, telefone celular, mobiel,
			mobiele telefoon, mobiel nummer, mobiele nummer, mobieltje`, beside: `number no nr num phone telephone telefon telefono telefoon telefone whats app`,
			against: `2 secondary second alternate alternative alt other work office opt out consent home carrier`,
		},
		{
			key: "phone_alt", about: person, says: `alternate phone, alternative phone, alt phone, secondary phone, second phone, other phone, phone 2, phone two, additional phone, backup phone, work phone~85, evening phone~85,
			alternate number, alternate contact number, telefono alternativo, telefono secundario, otro telefono, segundo telefono, telefono 2, telefono de trabajo~85, telefono del trabajo~85, telefono de oficina~85, autre telephone, telephone professionnel~85,
			telephone secondaire, deuxieme telephone, second telephone, telephone 2, zweite telefonnummer, weiteres telefon, zweites telefon, anderes telefon, alternative telefonnummer, telefon 2, telefon geschaftlich~85, weitere telefonnummer,
			outro telefone, telefone comercial~85, telefone alternativo, telefone secundario, telefone 2, tweede telefoon, ander telefoonnummer, andere telefoon, tweede telefoonnummer, alternatief telefoonnummer, telefoon 2`,
			beside: `number no nr num`, against: `opt out consent company`,
		},
		{
			key: "preferred_contact", says: `preferred contact, preferred contact method, contact method, preferred method of contact, best way to contact, best way to reach, best contact method, contact preference, preferred communication,
			communication preference, how should contact, medio de contacto preferido, metodo de contacto, contacto preferido, forma de contacto preferida, moyen de contact prefere, mode de contact, contact prefere,
			bevorzugte kontaktart, bevorzugter kontaktweg, kontaktart, gewunschte kontaktart, contato preferido, forma de contato, meio de contato, voorkeur contact, contactvoorkeur, gewenste contactmethode`,
			beside: `customer client method type lead`, against: `time hour day hora heure uhrzeit tijd name`,
		},
		{
			key: "language", says: `language, preferred language, locale, spoken language, idioma, idioma preferido, lengua, langue, langue preferee, sprache, bevorzugte sprache, lingua, taal, voorkeurstaal`,
			beside: `customer client lead contact preference`, against: `consent contract second program`,
		},
		{
			key: "owner", says: `owner, lead owner, record owner, rep, sales rep, salesperson, sales person, assigned to, assigned rep, assigned, account manager, propietario, vendedor, asesor, asignado a, responsable,
			proprietaire, commercial, attribue a, inhaber, besitzer, verantwortlicher, zustandig, verkaufer, kundenbetreuer, proprietario, responsavel, atribuido a, eigenaar, verantwoordelijke, verkoper, toegewezen aan`,
			beside: `lead customer contact account record user sales kontakt posible cliente contacto prospect du kunde cliente`, against: `previous original home property created set second secondary co`,
		},
		{
			key: "rep", about: visit, says: `rep, sales rep, representative, sales representative, salesperson, sales person, host, owner~90, field agent, technician, tech, assigned to, assigned rep, assigned technician, estimator, surveyor,
			consultant, advisor, assigned user, tecnico, tecnico asignado, vendedor, asesor, anfitrion, propietario~90, representante, technicien, commercial, conseiller, hote, proprietaire~90, aussendienstmitarbeiter, aussendienst, techniker, monteur,
			berater, verkaufer, gastgeber, vertreter, inhaber~90, consultor, anfitriao, proprietario~90, comercial, adviseur, verkoper, monteur, vertegenwoordiger, gastheer, eigenaar~90, inspector~90`,
			beside: `assigned user name field sales asignado asignada zugewiesener toegewezen responsavel responsable`, against: `set by created second secondary co previous confirmed manager`,
		},
	}
}

// phoneAgainst are words that make another person's or another line's number of a phone number.
const phoneAgainst = `alternate alternative alt secondary second other 2 work office fax mobile cell sms opt out consent company extension ext type evening switchboard toll
	secundario secondaire otro autre anderes ander andere weiteres weitere outro zweite tweede deuxieme trabajo movil celular portable handy mobil mobiel telemovel country code call status`

func placeMeanings() []meaning {
	return []meaning{
		{
			key: "street", about: place, says: `street, street address, address, addr, adress, address line, calle, direccion, calle y numero, domicilio, rue, adresse, adresse postale, strasse, strasse hausnummer, strasse und hausnummer, anschrift, rua,
			endereco, morada, logradouro, straat, adres, straat en huisnummer, straatnaam`, beside: `number no nr num numero hausnummer huisnummer hausnr name line 1 postale`,
			against: `2 two unit apt suite email mail ip web city state zip code county neighborhood block`,
		},
		{
			key: "street2", about: place, says: `address 2, address line 2, addr 2, street 2, unit, apt, apartment, suite, unit number, apt number, apt unit, apartment number, unit apt suite, apartamento, departamento, piso, numero interior, interior, direccion 2, complemento,
			complement d adresse, complement adresse, appartement, adresse 2, adresse ligne 2, direccion linea 2, adresszusatz, zusatz, wohnung, wohnungsnummer, complemento do endereco, andar, toevoeging, huisnummer toevoeging, adresregel 2, busnummer`,
			beside: `number no nr num or`, against: `window count price type heating cost`,
		},
		{
			key: "city", about: place, says: `city, town, city town, municipality, locality, suburb~85, ciudad, localidad, municipio, poblacion, ville, commune, localite, stadt, ort, wohnort, gemeinde, cidade, localidade, municipio, plaats, woonplaats, stad, gemeente`,
			against: `state permit zip tax`,
		},
		{
			key: "state", about: place, says: `state, province, region~80, st, state province, state region, estado, provincia, departamento~60, comunidad autonoma, province, etat, etat province, departement~60, bundesland, kanton, provinz, estado, uf, distrito~80, provincie`,
			against: `license tax city of status pedido marcacao`,
		},
		{
			key: "zip", about: place, says: `zip, zip code, zipcode, postal code, postal, postcode, post code, codigo postal, cp, c p, code postal, plz, postleitzahl, cep, codigo postal, postcode`,
			beside: `code`, against: `city state plus`,
		},
		{key: "country", about: place, says: `country, nation, pais, pays, land, staat~70, nacao`, beside: `name region`, against: `code club county music area size flache surface`},
		{key: "location", about: visit, says: `location, venue, where, place, address~90, appointment address, meeting location, lugar, ubicacion, direccion~90, lieu, adresse~90, emplacement, ort, veranstaltungsort, treffpunkt, anschrift~90, local, localizacao, endereco~90, locatie,
			plaats~80, adres~90`, beside: `name full complete`, against: `verified city zip email type gps latitude longitude 2`},
	}
}

func leadMeanings() []meaning {
	return append([]meaning{
		{
			key: "service", about: project, says: `service, service type, project type, type of project, type of work, work type, job type, product, product interest, interested in, product of interest, trade, service needed, service requested, service interest, servicio, tipo de servicio,
			servicio de interes, tipo de proyecto, tipo de trabajo, producto de interes, prestation, type de projet, type de travaux, nature des travaux, service demande, leistung, leistungsart, gewerk, projektart, art der arbeiten, gewunschte leistung, dienstleistung, servico,
			tipo de servico, servico pretendido, tipo de obra, tipo de projeto, soort werk, dienst, type werk, soort project, gewenste dienst, trabajo solicitado, auftragsart, art des auftrags, project type, what service`,
			beside: `type category of tipo art soort name`, against: `last next level agreement plan date area territory address date system duration rating cost price fee previous id number contract`,
		},
		{
			key: "project_details", about: project, says: `description, project description, project details, details, comments, comment, notes, note, message, project notes, scope of work, job description, additional information, additional comments, inquiry details, remarks, how can we help, what can we help you with, tell us about your project, description of problem, descripcion, comentarios, comentario,
			mensaje, notas, observaciones, detalles, commentaire, commentaires, remarques, message, besoin~85, details du projet, beschreibung, projektbeschreibung, bemerkung, bemerkungen, nachricht, kommentar, anmerkungen, notiz, notizen, descricao, observacoes, mensagem, comentarios,
			notas, detalhes, omschrijving, toelichting, opmerkingen, opmerking, bericht, notities, beschrijving`,
			beside: `additional other lead customer lang long text question questions inquiry enquiry`, against: `internal private loss status lost reason consent legal template insurance claim adjuster credit sent date`,
		},
		{key: "property_type", about: project, says: `property type, type of property, type of home, home type, dwelling, dwelling type, building type, house type, residence type, property, tipo de propiedad, tipo de vivienda, tipo de inmueble, type de bien, type d habitation, type de logement, immobilienart, immobilientyp,
			haustyp, gebaudeart, gebaudetyp, objektart, tipo de imovel, tipo de propriedade, type woning, woningtype, soort woning, type pand`, beside: `type`, against: `owner value tax address street city zip state management manager`},
		{
			key: "homeowner", says: `homeowner, home owner, is homeowner, own home, own or rent, owns home, do you own the home, property owner, decision maker, are you the homeowner, owner occupied, propietario, es propietario, propietario de la vivienda, dueno de casa, proprietaire, proprietaire occupant,
			eigentumer, eigentumer der immobilie, hauseigentumer, hausbesitzer, proprietario, proprietario do imovel, dono da casa, eigenaar woning, huiseigenaar, woningeigenaar, koopwoning`, inverted: `renter, is renter, tenant, inquilino, locataire, mieter, huurder`,
			beside: `customer lead`, against: `association insurance name phone email manual since both present`,
		},
		{key: "timeframe", about: project, says: `timeframe, time frame, project timeframe, timeline, project timeline, how soon, urgency~85, when to start, desired start, start timeframe, plazo, urgencia~85, cuando, delai, delai souhaite, echeance, urgence~60, zeitrahmen, dringlichkeit~85, zeitraum, gewunschter zeitraum,
			prazo, quando, termijn, wanneer, urgentie~85, tijdsbestek`, beside: `buying purchase decision start`, against: `contact call date`},
		{
			key: "budget", about: project, says: `budget, project budget, budget amount, price range, presupuesto, budget prevu, projektbudget, orcamento, verba, begroting, presupuesto estimado`, beside: `range amount max maximum usd eur`,
			against: `marketing approved sent expiry by annual`,
		},
		{
			key: "lead_source", about: origin, says: `lead source, source, origin, how did you hear about us, how hear about us, heard about us, referral source~80, marketing source, source of lead, fuente, fuente del prospecto, fuente de posible cliente, origen, como se entero de nosotros, como nos conociste, como nos conocio, como nos encontro,
			source, source du lead, source du prospect, provenance, comment nous avez vous connu, comment avez vous entendu parler de nous, quelle, leadquelle, herkunft, quelle der anfrage, wie haben sie von uns erfahren, wie haben sie von uns gehort, wie sind sie auf uns aufmerksam geworden, origem, fonte, como nos conheceu, origem do lead, bron, leadbron, herkomst, hoe heeft u ons gevonden`,
			against: `sub utm detail secondary medium campaign code traffic system data energy water heat power url`,
		},
		{key: "sub_source", about: origin, says: `sub source, subsource, source detail, source details, lead source detail, secondary source, source description, subfuente, detalle de la fuente, detalle de origen, sous source, detail de la source, unterquelle, quellendetail, suborigem, detalhe da origem, subbron, brondetail`, against: `utm`},
		{
			key: "lead_status", about: origin, says: `lead status, status, stage, lead stage, pipeline stage~90, estado del prospecto, estado de posible cliente, estatus, estado~85, etapa, statut, statut du prospect, statut du lead, etape, leadstatus, phase, status der anfrage, estado do pedido, situacao, estagio, situacao do lead, fase`,
			against: `changed email credit permit insurance financing pool system payment appointment sms marital since claim visit`,
		},
		{key: "campaign", about: origin, says: `campaign, campaign name, ad campaign, marketing campaign, campana, campagne, kampagne, campanha`, beside: `name source marketing`, against: `utm email id member count cost medium term content`},
		{key: "utm_source", says: `utm source`},
		{key: "utm_medium", says: `utm medium`},
		{key: "utm_campaign", says: `utm campaign, utm campaign name`},
		{key: "utm_term", says: `utm term, utm keyword`},
		{key: "utm_content", says: `utm content`},
		{key: "gclid", says: `gclid, google click id, google click identifier`},
		{key: "gbraid", says: `gbraid`},
		{key: "wbraid", says: `wbraid`},
		{key: "fbclid", says: `fbclid, facebook click id`},
		{key: "msclkid", says: `msclkid, microsoft click id, bing click id`},
		{key: "landing_page", about: origin, says: `landing page, landing page url, landing url, entry page, first page visited~90, pagina de destino, pagina de aterrizaje, page d atterrissage, page de destination, zielseite, pagina de entrada, landingspagina, bestemmingspagina`},
		{key: "referrer", about: origin, says: `referrer, referrer url, referring url, referring site, referer, http referrer, web referrer, url de referencia, url referente, referent, verweis url, verweisende seite, url de origem, verwijzende url`, against: `name phone email customer bonus`},
		{
			key: "external_id", says: `heavyset id, heavyset lead id, heavyset appointment id, heavyset contact id, heavyset customer id, heavyset enquiry id, heavyset reference, heavyset ref, heavyset booking id, external id~85, external reference~75, source record id~80, external lead id~85, id externo~85, id externe~85, externe id~85`,
			beside: `record number id`, against: `link url status`,
		},
		{key: "scheduler_url", says: `heavyset link, heavyset url, link to heavyset, heavyset record link, heavyset record url`, beside: `record lead`},
	}, consentMeanings()...)
}

func consentMeanings() []meaning {
	const beside = `customer client marketing email contact given received kunde lead yes on file active rgpd dsgvo gdpr avg lgpd datenschutz newsletter recibir receber communication communications`
	return []meaning{
		{
			key: "consent_contact", beside: beside, says: `consent, contact consent, consent to contact, marketing consent, permission to contact, opt in, email opt in, marketing opt in, ok to contact, okay to contact, gdpr consent, consentimiento, consentimiento de contacto, acepta contacto, acepta comunicaciones,
			consentement, consentement rgpd, accepte d etre contacte, einwilligung, einwilligung kontakt, werbeeinwilligung, kontakteinwilligung, zustimmung, consentimento, aceita contato, autorizacao de contato, toestemming, toestemming voor contact, akkoord contact`,
			inverted: `email opt out, opt out, opted out, do not contact, do not call~97, dnc, do not email, unsubscribed, unsubscribe, call opt out~90, no contact, no contactar, no llamar~97, no participacion en correo electronico, no recibir correos, exclusion voluntaria, ne pas contacter, ne pas recevoir d e mails, desinscription e mail, desinscription,
			desabonne, refus de contact, opposition au demarchage~95, nicht kontaktieren, e mail abmeldung, abmeldung, abgemeldet, keine werbung, keine e mails, email widerspruch, nao contatar, nao contactar, recusar email, recusar e mail, cancelar email, nao receber e mails, niet contacteren, afmelden voor e mail, afmelden, afgemeld, geen e mail, geen contact`,
			against: `sms text texting message wording language version ip date at time mail photo signature spouse`,
		},
		{
			key: "consent_sms", beside: beside + ` messages message to receive`, says: `sms consent, sms opt in, text consent, text opt in, text message consent, consent to text, ok to text, okay to text, consentimiento sms, acepta sms, consentement sms, accepte sms, sms einwilligung, sms zustimmung, consentimento sms, aceita sms, toestemming sms`,
			inverted: `sms opt out, text opt out, do not text, never text, no sms, no texting, do not sms, ne pas envoyer de sms, keine sms, geen sms, nao enviar sms`, against: `wording language version ip date at time`,
		},
		{key: "consent_text", beside: `tcpa lead`, says: `consent text, consent wording, tcpa consent text, tcpa text, tcpa language, consent language, consent statement, tcpa disclosure, texto de consentimiento, texte de consentement, einwilligungstext, texto de consentimento, toestemmingstekst`, against: `date at time ip sms opt`},
		{
			key: "consent_at", beside: `tcpa marketing contact sms opt in given received`, says: `consent date, consent time, consent at, consent date time, consented at, consented on, opt in date, opt in time, consent timestamp, fecha de consentimiento, date de consentement, einwilligung am, einwilligungsdatum, data do consentimento, datum toestemming`,
			against: `out expiry expires`,
		},
	}
}

func visitMeanings() []meaning {
	return []meaning{
		{
			key: "title", about: visit, says: `title, subject, event title, event name, appointment name, appointment title, meeting title, visit name, name~90, topic~80, titulo, asunto, nombre~85, titre, sujet, objet, nom~85, titel, betreff, name~90, assunto, nome~85, onderwerp, naam~85`,
			beside: `name nombre nom naam nome`, against: `company first last job customer client contact full property owner product file status host rep`,
		},
		{key: "start", about: visit, says: `start, start time, start date, start date time, starts at, begin, begins, begin time, from, date time, date and time, appointment date, appointment time, appointment date time, scheduled for, scheduled at, scheduled date, when, inicio, comienzo, fecha y hora de inicio, fecha de inicio,
			hora de inicio, fecha y hora, fecha de la cita, desde, empieza, debut, heure de debut, date de debut, date et heure de debut, date et heure, date du rendez vous, du, de, commence, beginn, start, anfang, startzeit, beginnt, von, datum und uhrzeit, termin am, termin datum, inicio, data e hora de inicio, data de inicio, hora de inicio, data e hora,
			comeco, de, begin, begintijd, starttijd, aanvang, van, datum en tijd, startdatum, start datum`, beside: `date time datetime fecha hora data datum zeit uhrzeit tijd heure slot`, against: `end finish arrival window to birth between zone`},
		{key: "end", about: visit, says: `end, end time, end date, end date time, ends at, ends, finish, finishes, finish time, to, until, fin, fecha de fin, hora de fin, fecha y hora de fin, final, termino, hasta, finaliza, fin, heure de fin, date de fin, date et heure de fin, a, au, jusqu a, ende, endzeit, endet, bis, schluss, fim, data e hora de fim, hora de fim,
			data de fim, termino, ate, einde, eindtijd, eindigt, tot, eind tijd, einddatum, eind datum`, beside: `date time datetime fecha hora data datum zeit uhrzeit tijd heure slot`, against: `start begin arrival window trial zone weekend`},
		{
			key: "date", about: visit, says: `date, appointment date, visit date, scheduled date, start date~90, booking date~80, day~80, fecha, fecha de la cita, fecha de la visita, dia~80, date du rendez vous, jour~80, datum, termindatum, tag~80, data, data da visita, data da marcacao, dia~80, afspraakdatum, datum afspraak, dag~80`,
			against: `end time zone birth set hora heure uhrzeit tijd on`,
		},
		{
			key: "time", about: visit, says: `time, appointment time, visit time, start time, time slot~90, hour, hora, hora de la cita, hora de la visita, heure, heure du rendez vous, horaire, uhrzeit, zeit, hora da visita, horario, tijd, tijdstip, arrival time~85`,
			against: `end zone contact call best best reach travel date frame zona fuso fuseau duration length`,
		},
		{
			key: "duration", about: visit, says: `duration, length, minutes, duration in minutes, duration minutes, length in minutes, duracion, duracion en minutos, duree, duree en minutes, dauer, dauer in minuten, duracao, duracao em minutos, duur, duur in minuten`, beside: `minute minutes min mins total estimated minuten minutos`,
			against: `hour hours second seconds hrs stunden horas heures uren roof gutter`,
		},
		{
			key: "arrival_window", about: visit, says: `arrival window, time window, appointment window, arrival, arrival time~90, time slot~90, service window, ventana de llegada, ventana horaria, franja horaria, creneau, creneau horaire, plage horaire, ankunftsfenster, zeitfenster, janela de chegada, janela de horario, tijdvak, aankomstvenster, tijdslot`,
			against: `actual type count`,
		},
		{key: "all_day", about: visit, says: `all day, all day event, full day, whole day, todo el dia, dia completo, toute la journee, journee entiere, ganztagig, ganztags, dia inteiro, o dia todo, hele dag`},
		{key: "time_zone", about: visit, says: `time zone, timezone, tz, zona horaria, huso horario, fuseau horaire, zeitzone, fuso horario, tijdzone`, beside: `customer name`},
		{
			key: "appointment_type", about: visit, says: `type, appointment type, type of appointment, visit type, type of visit, meeting type, event type, booking type, tipo, tipo de cita, tipo de visita, type de rendez vous, type de visite, terminart, termintyp, art des termins, besuchsart, tipo de agendamento, tipo de marcacao, type afspraak, soort afspraak, afspraaktype`,
			beside: `tipo type art soort`, against: `job project service work property lead customer payment roof`,
		},
		{
			key: "status", about: visit, says: `status, appointment status, state~85, stage, visit status, booking status, estado de la cita, estado~85, estatus, situacion, statut, statut du rendez vous, etat~85, terminstatus, status, zustand~85, situacao, estado da marcacao, estado do agendamento, afspraakstatus, status afspraak`, beside: `current estado etat`,
			against: `payment email permit lead confirmation changed claim crew license job site`,
		},
		{key: "disposition", about: visit, says: `result, disposition, outcome, appointment result, visit result, demo result, appointment outcome, resultado, resultado de la visita, disposicion, resultat, issue~80, ergebnis, resultado, desfecho, resultaat, uitkomst, uitslag`, beside: `sale sales`, against: `test inspection reason call survey roof`},
		{key: "related_record", about: visit, says: `contact, customer, client, homeowner, contact name, customer name, related to~90, regarding, who, related contact, related record, account~90, primary contact~95, contacto, cliente, nombre del contacto, relacionado con~90, contact, client, nom du contact, lie a~90, kontakt, kunde, kontaktname, bezieht sich auf~90, contato, cliente, nome do contato,
			relacionado a~90, contactpersoon, klant, naam contactpersoon, gerelateerd aan~90, prospect~85, appointment for~95, linked contact`, beside: `name linked related record main primary`, against: `secondary second emergency referral referred referrer billing site installer vendor previous partner co spouse supplier 2`},
		{key: "related_lead", about: visit, says: `lead, related lead, lead name, original lead, prospect~90, inquiry, enquiry, request, posible cliente, prospecto, lead, solicitud, prospect, demande, anfrage, interessent, lead, pedido, aanvraag, prospect`, beside: `name linked related record source`, against: `previous`},
		{key: "participants", about: visit, says: `participants, attendees, guests, invitees, participantes, asistentes, invitados, participants, invites, teilnehmer, gaste, participantes, convidados, deelnemers, genodigden, gasten`, against: `reminder count`},
		{key: "description", about: visit, says: `description, notes, note, comments, comment, details, appointment notes, remarks, special instructions~85, additional information~85, internal remarks~90, descripcion, notas, comentarios, observaciones, detalles, description, remarques, commentaires, notes, compte rendu~85, beschreibung, notiz, notizen, bemerkungen, bemerkung, anmerkungen, kommentar,
			descricao, observacoes, notas, comentarios, omschrijving, notities, opmerkingen, toelichting, beschrijving`, beside: `additional other general internal interna long`, against: `crew loss cancel cancellation reschedule template private status legal findings`},
		{key: "confirmation_code", about: visit, says: `confirmation code, confirmation number, confirmation, booking reference, booking ref, booking number, booking no, booking code, reference number, reservation number, confirmation no, codigo de confirmacion, numero de confirmacion, numero de reserva, code de confirmation, numero de reservation, bestatigungsnummer,
			buchungsnummer, bestatigungscode, buchungscode, codigo de confirmacao, numero de confirmacao, bevestigingscode, bevestigingsnummer, boekingsnummer`, beside: `number no nr num`, against: `sent email status date call by insurance claim permit`},
		{
			key: "manage_url", about: visit, says: `manage link, manage url, manage booking link, reschedule link, reschedule url, cancel link, self service link, manage appointment link, enlace de gestion, enlace para reprogramar, lien de gestion, lien de modification, verwaltungslink, umbuchungslink, link zur terminverwaltung, link de gestao, link para reagendar, beheerlink, wijzigingslink`,
			beside: `customer booking`, against: `video meeting zoom map maps count`,
		},
		{key: "booked_at", says: `booked at, booked on, booking time~80, date booked, time booked, booked date, reservado el, reserve le, gebucht am, reservado em, geboekt op`, against: `by via count`},
		{key: "booked_via", says: `booked via, booking channel, booking source, booked through, how booked, booking method, canal de reserva, reservado por~60, canal de reservation, gebucht uber, buchungskanal, canal de agendamento, boekingskanaal, geboekt via`},
		{key: "reschedule_count", says: `reschedule count, times rescheduled, number of reschedules, reschedules, rescheduled count, veces reprogramada, nombre de reports, anzahl verschiebungen, vezes reagendado, aantal keer verzet`, against: `reason`},
		{
			key: "cancel_reason", says: `cancel reason, cancellation reason, reason for cancellation, canceled reason, cancelled reason, motivo de cancelacion, razon de cancelacion, motif d annulation, raison d annulation, stornogrund, stornierungsgrund, absagegrund, grund der absage, motivo do cancelamento, motivo de cancelamento, annuleringsreden, reden annulering`,
			beside: `appointment visit note notes text`, against: `reschedule lost`,
		},
	}
}
