//! A browser without eyes: cookies, forms with their hidden fields, redirects.

use std::collections::BTreeMap;

use scraper::{Html, Selector};

/// What came back.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    /// Path and query that it stands at.
    pub address: String,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Page {
    fn html(&self) -> Html {
        Html::parse_document(&self.body)
    }

    /// All that a person reads, with single spaces.
    pub fn text(&self) -> String {
        let html = self.html();
        let body = Selector::parse("title, body").unwrap();
        let texts: Vec<String> = html.select(&body).flat_map(|part| part.text()).map(str::to_owned).collect();
        texts.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn says(&self, sentence: &str) -> &Self {
        let text = self.text();
        assert!(text.contains(sentence), "{} ({}) does not say {sentence:?}:\n{text}", self.address, self.status);
        self
    }

    #[track_caller]
    pub fn says_not(&self, sentence: &str) -> &Self {
        let text = self.text();
        assert!(!text.contains(sentence), "{} says {sentence:?}:\n{text}", self.address);
        self
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// What stands in a field.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        let html = self.html();
        let found = html.select(&Selector::parse(&format!("[name=\"{name}\"]")).unwrap()).next();
        let field = found.unwrap_or_else(|| panic!("no field {name} on {}", self.address));
        match field.value().name() {
            "textarea" => field.text().collect::<String>().trim_start_matches('\n').to_owned(),
            "select" => {
                let chosen = Selector::parse("option[selected]").unwrap();
                field.select(&chosen).next().and_then(|o| o.value().attr("value")).unwrap_or("").to_owned()
            }
            _ => field.value().attr("value").unwrap_or("").to_owned(),
        }
    }

    /// The addresses of all links that begin with `start`.
    pub fn links(&self, start: &str) -> Vec<String> {
        let html = self.html();
        let links = Selector::parse("a[href]").unwrap();
        html.select(&links)
            .filter_map(|a| a.value().attr("href"))
            .filter(|href| href.starts_with(start))
            .map(str::to_owned)
            .collect()
    }

    /// The values of all inputs, buttons and options of a name.
    pub fn values(&self, name: &str) -> Vec<String> {
        let html = self.html();
        let selector = format!("input[name=\"{name}\"], button[name=\"{name}\"], select[name=\"{name}\"] option");
        let fields = Selector::parse(&selector).unwrap();
        html.select(&fields).filter_map(|field| field.value().attr("value")).map(str::to_owned).collect()
    }

    /// What stands in the first `data-` attribute of a name.
    #[track_caller]
    pub fn data(&self, name: &str) -> String {
        let (html, name) = (self.html(), format!("data-{name}"));
        let found = html.select(&Selector::parse(&format!("[{name}]")).unwrap()).next();
        let value = found.and_then(|element| element.value().attr(&name).map(str::to_owned));
        value.unwrap_or_else(|| panic!("no {name} on {}", self.address))
    }

    /// Hidden fields of the form that posts to `action`; of the first form when none does.
    fn hidden(&self, action: &str) -> BTreeMap<String, String> {
        let html = self.html();
        let path = action.split('?').next().unwrap_or(action);
        let exact = Selector::parse(&format!("form[action=\"{path}\"] input[type=hidden]")).unwrap();
        let any = Selector::parse("input[name=csrf]").unwrap();
        let pick = |selector: &Selector| -> BTreeMap<String, String> {
            html.select(selector)
                .filter_map(|i| Some((i.value().attr("name")?.to_owned(), i.value().attr("value")?.to_owned())))
                .collect()
        };
        let hidden = pick(&exact);
        if hidden.is_empty() { pick(&any) } else { hidden }
    }
}

pub struct Browser {
    client: reqwest::Client,
    base: String,
    pub cookies: BTreeMap<String, String>,
    pub headers: Vec<(String, String)>,
    pub last: Option<Page>,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let headers = vec![("sec-fetch-site".to_owned(), "same-origin".to_owned())];
        Self { client, base: base.to_owned(), cookies: BTreeMap::new(), headers, last: None }
    }

    /// The same browser in a second tab that does not see what the first does.
    pub fn tab(&self) -> Self {
        Self {
            client: self.client.clone(),
            base: self.base.clone(),
            cookies: self.cookies.clone(),
            headers: self.headers.clone(),
            last: self.last.clone(),
        }
    }

    async fn ask(&mut self, mut request: reqwest::RequestBuilder, path: &str) -> Page {
        let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !jar.is_empty() {
            request = request.header("cookie", jar.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.unwrap();
        for line in response.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.text().await.unwrap();
        let page = Page { status, address: path.to_owned(), headers, body };
        assert_ne!(page.status, 500, "{path} failed inside:\n{}", page.body);
        if page.status != 303 {
            self.last = Some(page.clone());
        }
        page
    }

    /// One request.
    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.client.get(format!("{}{path}", self.base));
        self.ask(request, path).await
    }

    /// Goes there and follows where it leads.
    pub async fn open(&mut self, path: &str) -> Page {
        let mut page = self.get(path).await;
        for _ in 0..8 {
            if page.status != 303 {
                return page;
            }
            let next = page.location().to_owned();
            page = self.get(&next).await;
        }
        panic!("{path} leads in circles");
    }

    /// Posts a form of the last page, with its hidden fields; `fields` lie over them.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = self.last.as_ref().map(|page| page.hidden(path)).unwrap_or_default();
        form.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let pairs: Vec<(String, String)> = form.into_iter().collect();
        self.post_raw(path, &pairs).await
    }

    /// Posts exactly these fields.
    pub async fn post_raw(&mut self, path: &str, pairs: &[(String, String)]) -> Page {
        let request = self.client.post(format!("{}{path}", self.base)).form(pairs);
        self.ask(request, path).await
    }

    /// Posts and follows where it leads.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.post(path, fields).await;
        match page.status {
            303 => {
                let next = page.location().to_owned();
                self.open(&next).await
            }
            _ => page,
        }
    }

    /// A hidden form token of the last page.
    pub fn csrf(&self) -> String {
        self.last.as_ref().unwrap().field("csrf")
    }
}
