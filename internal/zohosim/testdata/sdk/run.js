// An independent Zoho client, Zoho's own Node SDK, against the simulator. The only thing told to it is which hosts to use, in the
// way the SDK itself describes its data centres. Every step checks what came back; the first that fails ends the process.
//
// From the environment: SIM (address of the simulator's data centre), CODE (grant code of a self client), WORK (an empty folder),
// CLIENT and SECRET, NOW (milliseconds). It leaves what bulk read gave in WORK/bulk.zip.
import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import * as Zoho from "@zohocrm/nodejs-sdk-8.0";

const { SIM, CODE, WORK, CLIENT, SECRET } = process.env;
const now = Number(process.env.NOW); // of the simulator's clock

// A data centre as those in the SDK's routes/dc: an environment of API, accounts and upload addresses.
class Simulated extends Zoho.USDataCenter {
  static PRODUCTION() {
    return this.setEnvironment(SIM, SIM + "/oauth/v2/token", SIM);
  }
}

async function connect() {
  const token = new Zoho.OAuthBuilder().clientId(CLIENT).clientSecret(SECRET).grantToken(CODE).build();
  const config = new Zoho.SDKConfigBuilder().pickListValidation(true).autoRefreshFields(false).build();
  const logger = new Zoho.LogBuilder().level(Zoho.Levels.ERROR).filePath(path.join(WORK, "sdk.log")).build();
  await (await new Zoho.InitializeBuilder())
    .environment(Simulated.PRODUCTION()).token(token).store(new Zoho.FileStore(path.join(WORK, "tokens.txt")))
    .SDKConfig(config).resourcePath(WORK + "/").logger(logger).initialize();
  return token;
}

// good gives the object of an answer that must have the status and be no exception of the SDK.
function good(response, status, type) {
  const object = response.getObject();
  const told = object?.getCode ? `${object.getCode()?.getValue?.()}: ${object.getMessage?.()?.getValue?.() ?? object.getMessage?.()}` : "";
  assert.equal(response.getStatusCode(), status, told);
  assert.ok(object instanceof type, `got a ${object?.constructor?.name}, not a ${type.name} ${told}`);
  return object;
}

// accepted gives the details of the only result of a write, whose exact success text is checked.
function accepted(result, type, message) {
  assert.ok(result instanceof type, `got a ${result?.constructor?.name}: ${result?.getCode?.()?.getValue?.()} ${JSON.stringify([...(result?.getDetails?.() ?? [])], (_, v) => (typeof v === "bigint" ? String(v) : v))}`);
  assert.equal(result.getStatus().getValue(), "success");
  assert.equal(result.getMessage().getValue?.() ?? result.getMessage(), message);
  return result.getDetails();
}

const { Record } = Zoho;
const saved = (response, status, message) => accepted(good(response, status, Record.ActionWrapper).getData()[0], Record.SuccessResponse, message);

function body(values) {
  const record = new Record.Record();
  for (const [name, value] of Object.entries(values)) record.addKeyValue(name, value);
  const wrapper = new Record.BodyWrapper();
  wrapper.setData([record]);
  return wrapper;
}

// wait asks until an answer is there, at most ten seconds.
async function wait(what, ask) {
  for (let i = 0; i < 100; i++) {
    const got = await ask();
    if (got) return got;
    await new Promise((done) => setTimeout(done, 100));
  }
  assert.fail("waited in vain for " + what);
}

// receiver collects what Zoho posts to a notify_url.
function receiver() {
  const got = [];
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      got.push(JSON.parse(text));
      response.end();
    });
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done({ server, got, url: `http://127.0.0.1:${server.address().port}/hook` })));
}

const channel = "1000000068001";

async function watch(url) {
  const { Notifications } = Zoho;
  const notification = new Notifications.Notification();
  notification.setChannelId(channel);
  notification.setEvents(["Leads.all"]);
  notification.setChannelExpiry(new Date(now + 3600e3));
  notification.setToken("sdk.token");
  notification.setNotifyUrl(url);
  const wrapper = new Notifications.BodyWrapper();
  wrapper.setWatch([notification]);
  const operations = new Notifications.NotificationsOperations();
  const result = good(await operations.enableNotifications(wrapper), 201, Notifications.ActionWrapper).getWatch()[0];
  const details = accepted(result, Notifications.SuccessResponse, "Successfully subscribed for actions-watch of the given module");
  assert.equal(details.get("events")[0].getChannelId(), channel);
  const listed = good(await operations.getNotifications(), 200, Notifications.ResponseWrapper).getWatch();
  assert.equal(listed[0].getToken(), "sdk.token");
  return operations;
}

async function unwatch(operations) {
  const { Notifications } = Zoho;
  const parameters = new Zoho.ParameterMap();
  await parameters.add(Notifications.DeleteNotificationParam.CHANNEL_IDS, BigInt(channel));
  const result = good(await operations.deleteNotification(parameters), 200, Notifications.ActionWrapper).getWatch()[0];
  accepted(result, Notifications.SuccessResponse, "Successfully un-subscribed from actions-watch");
}

async function records() {
  const leads = new Record.RecordOperations("Leads");
  const details = saved(await leads.createRecords(body({
    Last_Name: "Sdk", First_Name: "Nora", Company: "Independent", Email: "nora@sdk.example", Lead_Source: new Zoho.Choice("Web Download"),
  })), 201, "record added");
  const id = BigInt(details.get("id"));
  const fields = new Zoho.ParameterMap();
  await fields.add(Record.GetRecordParam.FIELDS, "Last_Name,First_Name,Company,Email,Owner,Created_Time,Lead_Source");
  const lead = good(await leads.getRecord(id, fields), 200, Record.ResponseWrapper).getData()[0];
  assert.equal(lead.getId(), id);
  assert.equal(lead.getKeyValue("Last_Name"), "Sdk");
  assert.equal(lead.getKeyValue("Lead_Source").getValue(), "Web Download");
  assert.ok(lead.getCreatedTime() instanceof Date);
  saved(await leads.updateRecord(id, body({ City: "Austin" })), 200, "record updated");
  const upsert = body({ Last_Name: "Sdk", Email: "nora@sdk.example", City: "Dallas" });
  upsert.setDuplicateCheckFields(["Email"]);
  const again = saved(await leads.upsertRecords(upsert), 200, "record updated");
  assert.equal(BigInt(again.get("id")), id);
  const search = new Zoho.ParameterMap();
  await search.add(Record.SearchRecordsParam.EMAIL, "nora@sdk.example");
  await search.add(Record.SearchRecordsParam.FIELDS, "Last_Name,City");
  const found = good(await leads.searchRecords(search), 200, Record.ResponseWrapper);
  assert.deepEqual(found.getData().map((r) => [r.getId(), r.getKeyValue("City")]), [[id, "Dallas"]]);
  assert.equal(found.getInfo().getCount(), 1);
  return { leads, id };
}

async function coql(id) {
  const query = new Zoho.Coql.BodyWrapper();
  query.setSelectQuery("select Last_Name, City, Created_Time from Leads where Email = 'nora@sdk.example' limit 5");
  const rows = good(await new Zoho.Coql.CoqlOperations().getRecords(query), 200, Zoho.Coql.ResponseWrapper);
  assert.deepEqual(rows.getData().map((r) => [r.getId(), r.getKeyValue("City")]), [[id, "Dallas"]]);
  assert.equal(rows.getInfo().getMoreRecords(), false);
}

async function meeting(id) {
  const events = new Record.RecordOperations("Events");
  const lead = new Record.Record();
  lead.setId(id);
  const start = new Date(Math.ceil(now / 3600e3) * 3600e3);
  const details = saved(await events.createRecords(body({
    Event_Title: "Visit by SDK", Start_DateTime: start, End_DateTime: new Date(start.getTime() + 3600e3), What_Id: lead, $se_module: "Leads",
  })), 201, "record added");
  const fields = new Zoho.ParameterMap();
  await fields.add(Record.GetRecordParam.FIELDS, "Event_Title,Start_DateTime,What_Id,$se_module");
  const event = good(await events.getRecord(BigInt(details.get("id")), fields), 200, Record.ResponseWrapper).getData()[0];
  assert.equal(event.getKeyValue("Start_DateTime").getTime(), start.getTime());
  assert.equal(event.getKeyValue("What_Id").getId(), id);
  return { events, event: BigInt(details.get("id")) };
}

// related reads the lead's meetings through the SDK, which asks for the related lists of the module first.
async function related(id, event) {
  const { RelatedRecords } = Zoho;
  const operations = new RelatedRecords.RelatedRecordsOperations("Events", "Leads");
  const fields = new Zoho.ParameterMap();
  await fields.add(RelatedRecords.GetRelatedRecordsParam.FIELDS, "Event_Title");
  const list = good(await operations.getRelatedRecords(id, fields), 200, RelatedRecords.ResponseWrapper).getData();
  assert.deepEqual(list.map((r) => [r.getId(), r.getKeyValue("Event_Title")]), [[event, "Visit by SDK"]]);
}

async function bulkRead() {
  const { BulkRead } = Zoho;
  const module = new Zoho.Modules.MinifiedModule();
  module.setAPIName("Leads");
  const query = new BulkRead.Query();
  await query.setModule(module);
  query.setFields(["Last_Name", "City"]);
  query.setPage(1);
  const request = new BulkRead.BodyWrapper();
  await request.setQuery(query);
  const operations = new BulkRead.BulkReadOperations();
  const made = good(await operations.createBulkReadJob(request), 201, BulkRead.ActionWrapper).getData()[0];
  const job = BigInt(accepted(made, BulkRead.SuccessResponse, "Added successfully.").get("id"));
  const done = await wait("the bulk read", async () => {
    const detail = good(await operations.getBulkReadJobDetails(job), 200, BulkRead.ResponseWrapper).getData()[0];
    return detail.getState().getValue() === "COMPLETED" && detail;
  });
  assert.equal(done.getResult().getCount(), 1);
  const download = await operations.downloadResult(job);
  assert.equal(download.getStatusCode(), 200);
  const file = (await download.getObject()).getFile(); // the SDK gives a promise here
  assert.equal(file.getName(), job + ".zip");
  const zip = Buffer.from(file.getStream());
  fs.writeFileSync(path.join(WORK, "bulk.zip"), zip);
}

async function convert(id) {
  const { ConvertLead } = Zoho;
  const converter = new ConvertLead.LeadConverter();
  converter.setOverwrite(true);
  converter.setNotifyLeadOwner(false);
  converter.setNotifyNewEntityOwner(false);
  const request = new ConvertLead.BodyWrapper();
  request.setData([converter]);
  const result = good(await new ConvertLead.ConvertLeadOperations(id).convertLead(request), 200, ConvertLead.ActionWrapper).getData()[0];
  const details = accepted(result, ConvertLead.SuccessResponse, "The record has been converted successfully");
  const contacts = new Record.RecordOperations("Contacts");
  const fields = new Zoho.ParameterMap();
  await fields.add(Record.GetRecordParam.FIELDS, "Last_Name,Email");
  const contactId = details.get("Contacts").getId();
  const contact = good(await contacts.getRecord(contactId, fields), 200, Record.ResponseWrapper).getData()[0];
  assert.equal(contact.getKeyValue("Email"), "nora@sdk.example");
  return { contacts, contactId };
}

async function remove(operations, id) {
  saved(await operations.deleteRecord(id), 200, "record deleted");
  const fields = new Zoho.ParameterMap();
  await fields.add(Record.GetRecordParam.FIELDS, "id");
  assert.equal((await operations.getRecord(id, fields)).getStatusCode(), 204);
}

const step = (name) => console.log("ok " + name);

await connect();
const hook = await receiver();
const watching = await watch(hook.url);
step("notifications enabled");
const { leads, id } = await records();
step("create, read, update, upsert, search");
await coql(id);
step("coql");
const { events, event } = await meeting(id);
await related(id, event);
step("event, related records");
await bulkRead();
step("bulk read");
const heard = await wait("notifications", () => hook.got.length >= 2 && hook.got);
assert.ok(heard.every((n) => n.token === "sdk.token" && n.module === "Leads" && n.ids.includes(String(id))), JSON.stringify(heard));
step("notifications delivered");
const { contacts, contactId } = await convert(id);
step("convert");
await remove(events, event);
await remove(contacts, contactId);
step("delete");
await unwatch(watching);
hook.server.close();
step("notifications disabled");
assert.ok(fs.readFileSync(path.join(WORK, "tokens.txt"), "utf8").includes(CLIENT), "the SDK keeps its tokens");
console.log("done");
process.exit(0);
