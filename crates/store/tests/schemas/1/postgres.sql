--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: refuse_change(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;


--
-- Name: refuse_unless_pruned(); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.refuse_unless_pruned() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM journal_pruned p
        WHERE p.space = OLD.space AND p.chain = OLD.chain AND OLD.seq < p.entries
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'journal is append-only: only chains under a checkpoint are pruned';
END
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: _sqlx_migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);


--
-- Name: access_keys; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.access_keys (
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL,
    space text COLLATE pg_catalog."C",
    name text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    secret_sealed bytea NOT NULL,
    token_digest bytea NOT NULL
);


--
-- Name: alerts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.alerts (
    space text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    investigation text NOT NULL COLLATE pg_catalog."C",
    message bigint NOT NULL,
    part bigint NOT NULL,
    received_at bigint NOT NULL,
    incident text COLLATE pg_catalog."C",
    sealed bytea NOT NULL
);


--
-- Name: audit; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit (
    seq bigint NOT NULL,
    at text NOT NULL,
    at_micros bigint NOT NULL,
    actor text NOT NULL,
    source text NOT NULL,
    operation text NOT NULL,
    space text,
    subject text,
    outcome text NOT NULL,
    status bigint NOT NULL,
    request text NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL
);


--
-- Name: capsules; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.capsules (
    space text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    details_sealed bytea NOT NULL,
    blob text NOT NULL COLLATE pg_catalog."C",
    bytes bigint NOT NULL,
    created_at bigint NOT NULL
);


--
-- Name: checkpoints; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.checkpoints (
    scope text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    body text NOT NULL
);


--
-- Name: connections; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.connections (
    space text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    name text NOT NULL,
    capsule text COLLATE pg_catalog."C",
    config_sealed bytea NOT NULL,
    created_at bigint NOT NULL
);


--
-- Name: counters; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.counters (
    space text NOT NULL COLLATE pg_catalog."C",
    what text NOT NULL COLLATE pg_catalog."C",
    last bigint NOT NULL
);


--
-- Name: evidence; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.evidence (
    space text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    incident text NOT NULL COLLATE pg_catalog."C",
    meta_sealed bytea NOT NULL,
    blob text NOT NULL COLLATE pg_catalog."C",
    bytes bigint NOT NULL
);


--
-- Name: feedback; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.feedback (
    space text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    incident text NOT NULL COLLATE pg_catalog."C",
    execution text COLLATE pg_catalog."C",
    rating text NOT NULL,
    sealed bytea NOT NULL,
    given_at bigint NOT NULL
);


--
-- Name: heads; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.heads (
    scope text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    hash bytea NOT NULL,
    checkpoints bigint NOT NULL,
    checkpoint_hash bytea NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: incidents; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.incidents (
    space text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    investigation text NOT NULL COLLATE pg_catalog."C",
    opened_at bigint NOT NULL,
    last_news_at bigint NOT NULL,
    verdict text,
    execution text COLLATE pg_catalog."C",
    summary_sealed bytea NOT NULL,
    state_sealed bytea NOT NULL
);


--
-- Name: installation; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.installation (
    one bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    location text,
    master_key text NOT NULL COLLATE pg_catalog."C",
    data_key_wrapped bytea NOT NULL,
    signing_key_wrapped bytea NOT NULL,
    public_key bytea NOT NULL,
    blobs_marked bigint NOT NULL,
    CONSTRAINT installation_one_check CHECK ((one = 1))
);


--
-- Name: investigations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.investigations (
    space text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    connection text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    reason_sealed bytea,
    created_at bigint NOT NULL,
    ended_at bigint
);


--
-- Name: journal; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.journal (
    space text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    chain text NOT NULL COLLATE pg_catalog."C",
    seq bigint NOT NULL,
    at text NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    body_digest bytea NOT NULL,
    body_sealed bytea NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    written_at bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: journal_chains; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.journal_chains (
    space text NOT NULL COLLATE pg_catalog."C",
    chain text NOT NULL COLLATE pg_catalog."C",
    next_seq bigint NOT NULL,
    head bytea NOT NULL,
    last_position bigint NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: journal_pruned; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.journal_pruned (
    space text NOT NULL COLLATE pg_catalog."C",
    chain text NOT NULL COLLATE pg_catalog."C",
    checkpoint bigint NOT NULL,
    entries bigint NOT NULL,
    head bytea NOT NULL,
    mac bytea NOT NULL
);


--
-- Name: once; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.once (
    caller text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    digest bytea NOT NULL,
    subject text NOT NULL,
    at bigint NOT NULL
);


--
-- Name: originals; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.originals (
    space text NOT NULL COLLATE pg_catalog."C",
    pseudonym text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL
);


--
-- Name: sessions; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sessions (
    id text NOT NULL COLLATE pg_catalog."C",
    cookie_digest bytea NOT NULL,
    csrf_digest bytea NOT NULL,
    role text NOT NULL,
    space text COLLATE pg_catalog."C",
    name text NOT NULL,
    access_key text COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);


--
-- Name: sign_in_links; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.sign_in_links (
    digest bytea NOT NULL,
    role text NOT NULL,
    space text COLLATE pg_catalog."C",
    name text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);


--
-- Name: spaces; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.spaces (
    id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    name text NOT NULL,
    location text,
    created_at bigint NOT NULL,
    deleted_at bigint,
    redaction text,
    key_wrapped bytea,
    blobs_removed bigint NOT NULL
);


--
-- Name: triage_notes; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.triage_notes (
    space text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    alert text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL
);


--
-- Name: work; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.work (
    id bigint NOT NULL,
    space text NOT NULL COLLATE pg_catalog."C",
    investigation text NOT NULL COLLATE pg_catalog."C",
    request_sealed bytea,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL,
    attempts bigint NOT NULL,
    lease_owner text COLLATE pg_catalog."C",
    lease_until bigint,
    reason text
);


--
-- Name: work_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.work ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.work_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Data for Name: _sqlx_migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public._sqlx_migrations VALUES (1, 'store', '2026-11-27 22:31:49.335317+00', true, '\xdbba46354312ec12df9679b24d605759ebf2821368ea03e4b2ef8b4204de98119de863afbc8b25c6763712bc34af09f9', 46499509);


--
-- Data for Name: access_keys; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: alerts; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: audit; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit VALUES (1, '2026-11-23T03:00:01Z', 1795402801000000, 'NJAKTEST', '127.0.0.1', 'ListIncidents', NULL, NULL, 'done', 200, 'r-1', '\x0000000000000000000000000000000000000000000000000000000000000000', '\x9b5aab4e03f49dbc5b1e0c20ea0d53e36b9c00f0679232e62bcb1723d1a71ea8');


--
-- Data for Name: capsules; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: checkpoints; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.checkpoints VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 1, '{"at":"2026-11-23T03:00:00Z","heads":[{"chain":"play-1/a","entries":3,"head":"115cf1ddf3e4b564e2ae87b64bfae319b464ea9e052602091ba2edeba80ceee0"}],"number":1,"position":3,"prev_hash":"0000000000000000000000000000000000000000000000000000000000000000","public_key":"c45c248cdbf2bfc7b51e75ca490c138223e6fc54a8f31a35b17eda45c7b49814","schema":1,"signature":"b21deb5e953b8984acc150b2ff1d82b6787c271f8d7689677a4f75a3c5152ecf9e2b13849629e062281036cf048e32d591f2dc45d23d683beee3e78f6e09730d","space":"01a21f22-e193-7676-94d3-7cf7e58af89e"}');


--
-- Data for Name: connections; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: counters; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.counters VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 'incident', 1);
INSERT INTO public.counters VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 'evidence', 3);


--
-- Data for Name: evidence; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.evidence VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 1, 'inc-1-1/run-1/ev-1', 'inc-1-1', '\x011826f9ea07a6d1d75614b70337ac822b7dd1425d51f82e4f9d1db6193c6474c10bcba1d478da34c86c4ddc9db77632fc425c6f2952d164a65fb91dc5bdc636629f72129a59c32392b0f57a8e12412734a66358d1e819f6a32cd6148e471ebe5ed943318f00d9f010db053700f5f792796779ec27d0e30e4cade1b506d27d52208b93a22a09d5b1e8ba2d4656dc3fa1e56547b34f77752e7cae78a9aedf460a6a977a19cdd462e7462c132e49466b8113af02299b9379dc8d4126ddbfa18b5f4c87da9bc8dbc8d67d17f076f10b3c7c46671690c0c6ac7a0f58780ed69e991f18e3a8d7f4045043bcaf7ecee725a29053c085908076f86546d6f70524d98d96d4b51acab1a42613d699fe241d29a862d42b6093b802a20325f3ef355d28cd47836cf33602cb532ba5b1ee9f6db4f5b6122a64921db47993f1fc67400858328099ea08f3dc8dce9f96eeacf54153e190e14eee9bd56ec06e341a7d3acadddfb39446be60c7675782e4f923881099e1f109ed67f0cc6d99e34c636063c7a60b13f091dc1ecf32360cc9e100c9ad45b0672fec7d382ae48ace405d4e', '38b6b20642f92fe38570945a198ecf7eb5e8b51702dda7bb3d0ae2cc9244e1ca', 33);
INSERT INTO public.evidence VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 2, 'inc-1-1/run-1/ev-2', 'inc-1-1', '\x01cc6f57a7517adc4e62fd0d88e1f45dede6956d161adf7c65db3f86e41acb485c4b4d1a788dac705bde0896d244885c6d0634a21590a432d3bb5ed0f68bb24afe7b82c485d46228abe163c4a13e72a84028cd5bebb7252eaeb41c32fd0ea08edc037defbccb9f8615ab3bb39884a383aae377d70c114a0bd6eeb3c7be4482afebaeb5b574ed040697d57dc8af1a7c5c3a46367b6d9d9ef6eca95528ee5e6ef66889035d0fd86dae8a2c5a9e84e9e5924e74c0e10a222dfbfc6af9716b144ee9e9d01f87a67c724a571d030a90bff23f1337ebfa2607a92e547fb87d3915b8b9e64c49a96dfd987a779e2e7ced0631c81ed02375975feb3a9eccfb2124560264d46d21dbd2ec44de797addc2dbb6b4a92867451d83b95d390e798a05c97a75da074f7f9e86024802812f4f8d6acb2c13b44ed4c7c0baa033d852d6fe45064e382647d49cabaeb96b27f95a660687fd2d7346825731e6474ba3cc5c0fc9bd9ecb075df6a2a64c931d63d29d87bf601e8ce9efe2c0c6fd1d4f48156c0aaff4f991b8c7c7c1868a2fd93162da1f3d16da82cc1407a542c156e697578adb2c', '5c4ad701f006654426c46b8140703a326e6a757f839d66033901327a986fc802', 167);
INSERT INTO public.evidence VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 3, 'inc-1-1/run-1/ev-3', 'inc-1-1', '\x01df99b29c40f001628e4bffff3d91cf5987b28ec5a9467b8bcd24b81534a31c4893b230254a86230636196adadf84e0eeeae4be5f32b4e4390e71a4f249d9476e45a64b5a73ab7e37184008d5fa5f72a06886ad860d920e1b0ddc677ab8b15630f7d8e5d983ff49542c19beaf3e6007b02c3631a8382c442e30c512d93f655ac60359c56644d287b34d5f0be1fd94a549111964d1cf333cc29f52cc654db356d7aca51b36b8cac1e3cf2aeca1789cf80897c414e08eff3049916c82e14c0ddb2dc273bc77f9dcfe7ff64574602b505ae12de768d40754f24ca7c2f3196abcb19d7199135eff7bf9fadecfb1f915ccc945113fd5c5ba56175adbeb78fdb18e6b4e74c4a2626adccbbc60674566c59f93df2e6552caf6d6fd88224676954c7450bba032e2b7aa630f65a4e464dd773fe524ca17787e4fe17e60928b6c51478188797a23c5a8826b34c3b0da7f56657f89a1493fed6e8c4e6a68e9640a43b49b48ef47bf3b7fb9f80459d4b5618591b944834c7daceeb7e137016b3f23eab00de06dd6954783dc8c0514f9256e20a45ed22bf5f80daa44d9c70f5507', '38b6b20642f92fe38570945a198ecf7eb5e8b51702dda7bb3d0ae2cc9244e1ca', 33);


--
-- Data for Name: feedback; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: heads; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.heads VALUES ('spaces', 1, '\xe66c4449d3789be5978c79993a451e431ae0f3f0fe28f161fc4e13313cc7a5d7', 0, '\x0000000000000000000000000000000000000000000000000000000000000000', '\x43d35a1f4002c4bd8a11a98c457e1ad96236b6f302103c04a720b056ae64d96c');
INSERT INTO public.heads VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 3, '\x115cf1ddf3e4b564e2ae87b64bfae319b464ea9e052602091ba2edeba80ceee0', 1, '\x04d44bb842c28ddc88cce9b167445aa8526fa1847691ac32d906b438fa0119ee', '\x640a2780734e765f1948ba3ff9f71521b223f89b2544d7f9561c62b96c3b0f6c');
INSERT INTO public.heads VALUES ('audit', 1, '\x9b5aab4e03f49dbc5b1e0c20ea0d53e36b9c00f0679232e62bcb1723d1a71ea8', 0, '\x0000000000000000000000000000000000000000000000000000000000000000', '\x3dda37433365038db2645d32dd18549009b0045335fd21990eef9a40c3310e2f');


--
-- Data for Name: incidents; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.incidents VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 1, 'inc-1-1', 'inv-1', 1795402800000000, 1795402860000000, 'not_found', 'inc-1-1/run-1', '\x01981a94aa9b3f2092a3842f8fa5610725bcb39f408deda9b71cdcab2e955531435fcc81add06bcb1526e792efa3cce1b21e9b83a17802e71787bed286519f98a766cc590ba4c1ad1efb0c6b024a188d7c59eaad72ee1165c79c1dceb3f61765d3998045bf30033ab985f4ca9fcf13f950abbcfa4a0bc0e76b42', '\x01c3b322f05d64c3423d9169938c9c8b1efa156fd3c5a48459d4ee31b3b81677f7de9310833f8481f17754b6c7029a819cea5a82a8b4f60da83e194fbd8210803c1e1317d1528710038cd3d62ee21cb102b54fb04adb5309b2c12450853ae0868ed1a9fcefc20b41f01c72b02ce88a8ee78b3135b02269ab894468f4dd3b3ff4c4492317cbd985e8ef6808e8ce232744ff0a9cb039a5e84d1f53a4f4b9a428ffb91e1762c96cbbcf18a9ab59b4a3a4865cabc652343f7b4086b4df47bba0429d654b611b31c2208a3774f90837b4cee013c76db2763cab98ac1ac77fe7d12187c7afd685adacd33102a466f0fcdd2409277ea1989f8afac0cbb8d1234e789db710e21a6387696d379bca284ea8c0896d330efa6bea22620e65df514ea95866461a0b29a1ab0eed889eae2ec9ff20e0070f68c0d155c6af7df202b2f7b879553ea81423bee906f5a8ac5a1c19984dd19a9300b7f2a0221ad148e1ccde3e7b31bf7127601c7be31530182a5629d9cb9611188dd15d2db5e12a9bd1dbad14466e99d23bc3418622e17df18cb1c6b7164cef1bc8ec52352073f5831506aaa5a112754514297f22eb0cdee9ebd3d7853e7a5ac40c7d0fa9cd33bed87386927c3f5397fa8054b50ee7cc5041abd8f2a9f7fa26a67d9545c4e4090a01e32dc1be3501f66f06b75b8d98ac08b46760ee4e6e7611725b09ef5becd4b361aa678e95e0d9919fdce807503735100a9106b375726feb37172e7cc153bdeefc5a5f0a30af03950e357139d7bbf3233cfd9b3967d720aab3fdaaa515a4f8bcd385216e42cc4c795b2c322caacd101702d714c570a66088339397528373e2e996ed2d73c9e1184e9f436fcb828f00b775db');


--
-- Data for Name: installation; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.installation VALUES (1, '01a21f22-e191-7603-85eb-6efdecd4497a', 1795818709382659, NULL, 'file-b022ebcf9408633a', '\x014b8e9fb72edec4fa022f9c7f2ebacacc772a9f93e986b1f2c1dc111c7e36dc955b9023231a060d92be7740b88c23009e63e7e5875d697cf3756758e8', '\x01a6d23ac3c59400bc98833d241d0cde1ab3f14faa8c36d1b81ce799a7b5219e948d39c19b811ac6320101aaab40e28c19a9a6f65465d35f7916db2dda83d274fd610ae275e5d46e932eba5bac35d2051605222e6ec8e0c93e5e590c58546cd53c7bc9617505cf43fdae13ec7d65c20e', '\xc45c248cdbf2bfc7b51e75ca490c138223e6fc54a8f31a35b17eda45c7b49814', 1);


--
-- Data for Name: investigations; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: journal; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.journal VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 1, 'play-1/a', 0, '2026-11-23T03:00:00.000000001Z', 'decision', 'test', '\x453c6690f8ac330aa85c6ccaa085b4fdf576744a7f34ac109eb50a927854a3ea', '\x011979a74d23581cf985c6c87570837d1fdea7a1fa6b6e327daf0cd29a97abdc001c3de181055090bedce0091b0fa3', '\x0000000000000000000000000000000000000000000000000000000000000000', '\x1f90a74185a662970834ba47caf1435a755cb192262c119fefe8321286b2605f', 1795402800000000, '\x04e73d83ff27d7f1e1ec2fb85748a2a7c8e782a2e5570be239832955326c46ac');
INSERT INTO public.journal VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 2, 'play-1/a', 1, '2026-11-23T03:00:00.000000001Z', 'decision', 'test', '\x1a77390e623eb94980ca033616f0285c845f7439612aaec9dea9e817add9ef88', '\x01ed0ee66252f6f3695be00a0652b675aec8cc042dc894cb72b88bb6e05ac955d55a63be86cd453812dce63896e19f3b6c862c64e2af929a6bc0e3f3b7d0c290fbaa56a626be3245fbbe86222e4ee18dff33e029b3dc7f78470267b6548403e5da5fe21a5c2d8cf65e49b0dea27e147ddcbd49cd8ea0d6e328aa58a3f4501a6f8dba459db9bcb16d746e3dfc3f73333ba53914b95eeebb199cea256adf872f70937d726f90b0a496850cf80546ed85894b256a16587613ccfb4c7479779b6edf18fc27e54fcb710b95ae60796cbc0c14e73adf24db42c730d441c2a5d22c48026ea2641aff2702e64fa60a86563c1dc17c04e9ea29377e', '\x1f90a74185a662970834ba47caf1435a755cb192262c119fefe8321286b2605f', '\x606cc5c8eb19440df0c921d0159bbc0f6bed3a51d1712d760e61c3d7709af866', 1795402800000000, '\xd67204116899436f29eaebdc84023aca93fcf02a0dceacb724e0af87eea6c4c0');
INSERT INTO public.journal VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 3, 'play-1/a', 2, '2026-11-23T03:00:00.000000001Z', 'decision', 'test', '\x6785c5b816411385baed61e9e5bc27d2fbf33ba4f95c645e91a4b09d04f71b04', '\x019c508c648b26d4b38c3baf8b45c78ef06db070c29ca95a7e315b84ae209f08c65fb2980a7c34897715fc7d57662f270fb1c640524ea4e8f3d3192cf446123206324e173884c0f78ac64da4997f5bc7324df4ec43e306ea01dca98e3d672a10f362493daadb8f1e3f4c2f20c5767966c6e7f82e7684a788cafc923e90f10f5b44dae0b2f0f7dcc555f76d586c43791e15ff74d3ef8eaef1b4844112f1cb5815bf397c163101b3feec9655c8df0da9f839fe41a392f7c752a5d541d11c0178b9da6ffd10b1f345c22c1ee18e96ac469dc56889563d9451bb2e337e73f5b30291f23c3804f3fc86ae3d95268237c9cbdec382e73867f9a23dca1391197f176a03cdff4a7e74920266ea0893288e6c280e1f5a3915c8c6879d566a2bc8a5e94a9f267271f4bfb6032635a8bf9abb58a5a6ff024cffa1cc85a7bf4457fc09e654611615efeab2dc74dd43427355373276fe8345bc58d451f4a6941db8e42c687360dad5ef5e9302d9d918974e5168bb47d3b05b0fa04986ea8cb0cce80af7b59143723caee38345059c34139b394833aa0d7f52c4d61d2effc6bffc9e4e354c0bc5d6f5fc63e0d8302f7e2f24acf19a1005f7f929e87bb5dcc7748de431eca764', '\x606cc5c8eb19440df0c921d0159bbc0f6bed3a51d1712d760e61c3d7709af866', '\x115cf1ddf3e4b564e2ae87b64bfae319b464ea9e052602091ba2edeba80ceee0', 1795402800000000, '\x8d1d18faf87054280bbd6b6a993bcee44471ef2eac7f23404ddd91b4567a1468');


--
-- Data for Name: journal_chains; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.journal_chains VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 'play-1/a', 3, '\x115cf1ddf3e4b564e2ae87b64bfae319b464ea9e052602091ba2edeba80ceee0', 3, '\x0ff641e1c5702de7334bfb8071b7702af724c65b84a6d54c7bad0467f5b725ed');


--
-- Data for Name: journal_pruned; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: once; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: originals; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: sessions; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: sign_in_links; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: spaces; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.spaces VALUES ('01a21f22-e193-7676-94d3-7cf7e58af89e', 1, 'shop', NULL, 1795402800000000, NULL, NULL, '\x01a932f169a871403bc88e174501ca53ebfa631575f0dd438e554b1c9cce49e4f1e7ab9086349fd075bfd5f0b00eebf7029d838878f7ad511d4d1eb5e6', 0);


--
-- Data for Name: triage_notes; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: work; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: work_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.work_id_seq', 1, false);


--
-- Name: _sqlx_migrations _sqlx_migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);


--
-- Name: access_keys access_keys_number_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.access_keys
    ADD CONSTRAINT access_keys_number_key UNIQUE (number);


--
-- Name: access_keys access_keys_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.access_keys
    ADD CONSTRAINT access_keys_pkey PRIMARY KEY (id);


--
-- Name: access_keys access_keys_token_digest_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.access_keys
    ADD CONSTRAINT access_keys_token_digest_key UNIQUE (token_digest);


--
-- Name: alerts alerts_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (space, number);


--
-- Name: alerts alerts_space_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_space_id_key UNIQUE (space, id);


--
-- Name: alerts alerts_space_investigation_message_part_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_space_investigation_message_part_key UNIQUE (space, investigation, message, part);


--
-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (seq);


--
-- Name: capsules capsules_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.capsules
    ADD CONSTRAINT capsules_pkey PRIMARY KEY (space, number);


--
-- Name: capsules capsules_space_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.capsules
    ADD CONSTRAINT capsules_space_id_key UNIQUE (space, id);


--
-- Name: checkpoints checkpoints_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.checkpoints
    ADD CONSTRAINT checkpoints_pkey PRIMARY KEY (scope, number);


--
-- Name: connections connections_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (space, number);


--
-- Name: connections connections_space_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_space_id_key UNIQUE (space, id);


--
-- Name: connections connections_space_name_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_space_name_key UNIQUE (space, name);


--
-- Name: counters counters_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.counters
    ADD CONSTRAINT counters_pkey PRIMARY KEY (space, what);


--
-- Name: evidence evidence_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_pkey PRIMARY KEY (space, number);


--
-- Name: evidence evidence_space_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.evidence
    ADD CONSTRAINT evidence_space_id_key UNIQUE (space, id);


--
-- Name: feedback feedback_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.feedback
    ADD CONSTRAINT feedback_pkey PRIMARY KEY (space, number);


--
-- Name: heads heads_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.heads
    ADD CONSTRAINT heads_pkey PRIMARY KEY (scope);


--
-- Name: incidents incidents_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_pkey PRIMARY KEY (space, number);


--
-- Name: incidents incidents_space_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT incidents_space_id_key UNIQUE (space, id);


--
-- Name: installation installation_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (one);


--
-- Name: investigations investigations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.investigations
    ADD CONSTRAINT investigations_pkey PRIMARY KEY (space, number);


--
-- Name: investigations investigations_space_id_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.investigations
    ADD CONSTRAINT investigations_space_id_key UNIQUE (space, id);


--
-- Name: journal_chains journal_chains_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.journal_chains
    ADD CONSTRAINT journal_chains_pkey PRIMARY KEY (space, chain);


--
-- Name: journal journal_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (space, "position");


--
-- Name: journal_pruned journal_pruned_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.journal_pruned
    ADD CONSTRAINT journal_pruned_pkey PRIMARY KEY (space, chain, checkpoint);


--
-- Name: journal journal_space_chain_seq_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.journal
    ADD CONSTRAINT journal_space_chain_seq_key UNIQUE (space, chain, seq);


--
-- Name: once once_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.once
    ADD CONSTRAINT once_pkey PRIMARY KEY (caller, key);


--
-- Name: originals originals_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.originals
    ADD CONSTRAINT originals_pkey PRIMARY KEY (space, pseudonym);


--
-- Name: sessions sessions_cookie_digest_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_cookie_digest_key UNIQUE (cookie_digest);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);


--
-- Name: sign_in_links sign_in_links_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.sign_in_links
    ADD CONSTRAINT sign_in_links_pkey PRIMARY KEY (digest);


--
-- Name: spaces spaces_number_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.spaces
    ADD CONSTRAINT spaces_number_key UNIQUE (number);


--
-- Name: spaces spaces_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.spaces
    ADD CONSTRAINT spaces_pkey PRIMARY KEY (id);


--
-- Name: triage_notes triage_notes_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.triage_notes
    ADD CONSTRAINT triage_notes_pkey PRIMARY KEY (space, number);


--
-- Name: work work_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.work
    ADD CONSTRAINT work_pkey PRIMARY KEY (id);


--
-- Name: access_keys_of; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX access_keys_of ON public.access_keys USING btree (space, number);


--
-- Name: alerts_of; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX alerts_of ON public.alerts USING btree (space, incident, number);


--
-- Name: audit_actor; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_actor ON public.audit USING btree (actor, seq);


--
-- Name: audit_space; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX audit_space ON public.audit USING btree (space, seq);


--
-- Name: capsules_blob; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX capsules_blob ON public.capsules USING btree (space, blob);


--
-- Name: evidence_blob; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX evidence_blob ON public.evidence USING btree (space, blob);


--
-- Name: evidence_of; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX evidence_of ON public.evidence USING btree (space, incident, number);


--
-- Name: feedback_of; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX feedback_of ON public.feedback USING btree (space, incident, number);


--
-- Name: incidents_news; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX incidents_news ON public.incidents USING btree (space, last_news_at, number);


--
-- Name: incidents_of; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX incidents_of ON public.incidents USING btree (space, investigation, number);


--
-- Name: journal_chains_last; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX journal_chains_last ON public.journal_chains USING btree (space, last_position);


--
-- Name: once_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX once_at ON public.once USING btree (at);


--
-- Name: triage_notes_of; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX triage_notes_of ON public.triage_notes USING btree (space, alert, number);


--
-- Name: work_of; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX work_of ON public.work USING btree (space, investigation, id);


--
-- Name: audit audit_no_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_no_change BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: audit audit_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: checkpoints checkpoints_no_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER checkpoints_no_change BEFORE DELETE OR UPDATE ON public.checkpoints FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: checkpoints checkpoints_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON public.checkpoints FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: journal journal_no_delete; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER journal_no_delete BEFORE DELETE ON public.journal FOR EACH ROW EXECUTE FUNCTION public.refuse_unless_pruned();


--
-- Name: journal journal_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON public.journal FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- Name: journal journal_no_update; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER journal_no_update BEFORE UPDATE ON public.journal FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: journal_pruned journal_pruned_no_change; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER journal_pruned_no_change BEFORE DELETE OR UPDATE ON public.journal_pruned FOR EACH ROW EXECUTE FUNCTION public.refuse_change();


--
-- Name: journal_pruned journal_pruned_no_truncate; Type: TRIGGER; Schema: public; Owner: -
--

CREATE TRIGGER journal_pruned_no_truncate BEFORE TRUNCATE ON public.journal_pruned FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();


--
-- PostgreSQL database dump complete
--


